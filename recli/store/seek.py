"""Few rows out of a large table: only the row groups that can hold them are read."""

from typing import Any

import polars as pl
import pyarrow as pa

from recli.store.failures import reading
from recli.store.open import BATCH, Table, checked, frame, parquet


def rows_of(table: Table, column: str, value: str | int) -> pl.DataFrame:
    """The rows that hold an id in a column, in their order.

    Of a table sorted by it a row group or two are read, by the least and greatest id that the
    footer tells of each; memory is that of a batch and the rows found.
    """
    found = [pl.DataFrame(schema=table.schema)]
    for part in table.parts:
        with reading(part.where):
            file = parquet(part)
            groups = _holding(file.metadata, column, value)
            for batch in file.iter_batches(BATCH, row_groups=groups) if groups else ():
                rows = frame(pa.Table.from_batches([batch])).filter(pl.col(column) == value)
                found.append(checked(rows, table, part.where))
    return pl.concat(found)


def _holding(metadata: Any, column: str, value: str | int) -> list[int]:
    """Numbers of the row groups that hold the value or do not say that they do not."""
    names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
    place = names.index(column)
    return [
        group
        for group in range(metadata.num_row_groups)
        if _may_hold(metadata.row_group(group).column(place).statistics, value)
    ]


def _may_hold(told: Any, value: Any) -> bool:
    # A text that ends in a character cut in half comes as bytes: it says nothing of ours.
    if told is None or not told.has_min_max or type(told.min) is not type(value):
        return True
    least, greatest = told.min, told.max
    return bool(least <= value <= greatest)
