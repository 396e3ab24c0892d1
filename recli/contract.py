"""What a table must look like, and how a table that does not is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import takewhile

import polars as pl

from recli.errors import RecliError

ID_TYPES = (pl.String, pl.Int64)
TIME = pl.Datetime("us", "UTC")
NUMBER = (pl.Float32, pl.Float64, pl.Int64, pl.Int32, pl.UInt32)
SHOWN = 20  # columns that a message names
Columns = Mapping[str, pl.DataType]
Types = tuple[pl.DataType | type[pl.DataType], ...]


@dataclass(frozen=True)
class Contract:
    """What a table must look like: columns, types and the order of its rows."""

    name: str
    required: dict[str, Types]
    optional: dict[str, Types] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    finite: tuple[str, ...] = ()  # columns in which every number must be finite
    filled: tuple[str, ...] = ()  # optional columns that have a value in every row, if there
    made_by: str = "recli ingest"

    def check_schema(self, schema: pl.Schema, where: str) -> None:
        """Raise RecliError that names every column that is missing or of a wrong type."""
        faults = [f"no column '{name}'" for name in self.required if name not in schema]
        if faults:
            faults[-1] += f" (it has {_some(schema)})"
        for name, types in (self.required | self.optional).items():
            if name in schema and schema[name] not in types:
                wanted = " or ".join(str(kind) for kind in types)
                faults.append(f"column '{name}' is {schema[name]}, it must be {wanted}")
        if faults:
            raise RecliError(
                f"{where} is not a table of {self.name.lower()}: {'; '.join(faults)}",
                f"make one with '{self.made_by}' or rename the columns",
            )

    def check_rows(self, rows: pl.DataFrame, where: str) -> None:
        """Raise RecliError that names every fault in the values: empty, not finite."""
        faults = []
        for name in (*self.required, *self.filled):
            if name in rows.columns and rows[name].null_count():
                faults.append(f"column '{name}' is empty in {rows[name].null_count()} rows")
        for name in self.finite:
            if name in rows.columns:
                wrong = int((~rows[name].is_finite()).sum())  # an empty value is no fault here
                if wrong:
                    faults.append(f"column '{name}' is not a finite number in {wrong} rows")
        if faults:
            raise RecliError(f"{where}: {'; '.join(faults)}", "mend the rows or leave them out")

    def disorder(self, rows: pl.DataFrame) -> int | None:
        """Number of the first row that sorts before the one above it; None where all is well."""
        below = pl.lit(False)
        # Without times a user's rows may stand in any order: it may mean something of its own.
        for name in reversed([*takewhile(rows.columns.__contains__, self.order)]):
            here, above = pl.col(name), pl.col(name).shift(1)
            below = (here < above).fill_null(False) | (here.eq_missing(above) & below)
        found = rows.with_columns(below.alias(""))[""].arg_true()
        return int(found[0]) if len(found) else None


def _some(schema: pl.Schema) -> str:
    """Names of columns, as many as one reads."""
    names = list(schema)
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more or "none"
