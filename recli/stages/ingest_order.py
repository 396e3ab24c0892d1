"""A part of the table in its final order, with repeated pairs or ids dealt with."""

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.ordering import by_id_and_time
from recli.stages.ingest_choices import Duplicates
from recli.tables import INTERACTIONS

INTERACTIONS_BY = list(INTERACTIONS.order)


def in_order(rows: pl.DataFrame, keys: list[str], *, ordered: bool) -> pl.DataFrame:
    """The rows by their keys; rows that agree in all of them by everything else they have.

    So the order of the input does not show, unless it means something (`ordered`).
    """
    if ordered:
        return rows.sort(keys[:1], maintain_order=True)
    others = [_sortable(name, kind) for name, kind in rows.schema.items() if name not in keys]
    # Zeros of either sign are equal, but not the same.
    signs = [1 / pl.col(name) for name, kind in rows.schema.items() if kind.is_float()]
    every = [*map(pl.col, keys), *others, *signs]
    by_number = by_id_and_time(rows[keys[0]], rows[keys[1]]) if keys == INTERACTIONS_BY else None
    if by_number is not None:
        order, tied = by_number
        if len(tied):
            ranked = rows[order[tied]].select(pl.arg_sort_by(every, nulls_last=True)).to_series()
            order[tied] = order[tied][ranked.to_numpy()]
        return rows[order]
    # No key is ever empty; asking polars for nulls at the end would take it three times as long.
    rows = rows.sort(keys)
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in keys)
    if rows.height < 2 or not rows.select(same.slice(1).any()).item():
        return rows
    return rows.sort(every, nulls_last=True)


def _sortable(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Struct):
        return column.struct.json_encode()
    if isinstance(kind, pl.List | pl.Array):
        return pl.struct(column).struct.json_encode()
    return column


def without_duplicates(rows: pl.DataFrame, key: list[str], choice: Duplicates) -> pl.DataFrame:
    """The rows with each key once, as chosen; in the same order. `keep` returns all.

    `sum` adds the weights (1 where there are none) and takes the rest from the last row;
    `max` takes the row of the greatest weight, or rating, the last of equals.
    Raises RecliError for `error` when a key is there twice.
    """
    if choice == "keep":
        return rows
    if choice in ("first", "last"):
        return rows.unique(key, keep=choice, maintain_order=True)
    repeated = rows.select(pl.struct(key).is_duplicated()).to_series()
    if choice == "error" and repeated.any():
        _refuse(rows.filter(repeated), key)
    if choice == "sum":
        return _summed(rows, key)
    if choice == "max":
        value = "weight" if "weight" in rows.columns else "rating"
        return (
            rows.with_row_index("")
            .sort(value, maintain_order=True)
            .unique(key, keep="last", maintain_order=True)
            .sort("")
            .drop("")
        )
    return rows


def _summed(rows: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    weight = pl.col("weight").cast(pl.Float64) if "weight" in rows.columns else pl.lit(1.0)
    rows = rows.with_columns(weight.alias("weight")).with_row_index("").sort([*key, ""])
    if rows.is_empty():
        return rows.drop("").with_columns(pl.col("weight").cast(pl.Float32))
    runs = rows.select(pl.struct(key).rle_id()).to_series().to_numpy()
    starts = np.flatnonzero(np.diff(runs, prepend=-1))
    ends = np.append(starts[1:], rows.height) - 1
    # In a fixed order, or the last bit of a sum would differ from run to run.
    sums = np.add.reduceat(rows["weight"].to_numpy(), starts)
    last = rows[ends].with_columns(pl.Series("weight", sums, dtype=pl.Float32))
    return last.sort("").drop("")


def _refuse(rows: pl.DataFrame, key: list[str]) -> None:
    shown = rows.select(key).unique(maintain_order=True)
    first = "; ".join(", ".join(map(str, row)) for row in shown.head(3).iter_rows())
    noun = "pairs of user and item" if len(key) > 1 else f"values of {key[0]}"
    others = "first, max or sum" if len(key) > 1 else "first"
    raise RecliError(
        f"{noun} are there more than once, such as {first}",
        f"choose one of the rows: --duplicates last, {others}",
    )
