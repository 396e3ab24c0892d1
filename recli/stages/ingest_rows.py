"""One chunk of records in the table's names and types, and which of its rows are bad."""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from recli.errors import RecliError
from recli.stages.ingest_choices import Choices
from recli.stages.ingest_columns import IDS, Columns
from recli.stages.ingest_times import Clock

NUMBERS = ("rating", "weight")
Reason = Callable[[str], str]  # from a bad value to why it is bad


@dataclass(frozen=True)
class Rows:
    """Casts chunks: ids to text exactly as they stand, numbers to Float32, times to UTC."""

    columns: Columns
    clock: Clock | None
    choices: Choices
    where: str

    def cast(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Series]]:
        """The rows under their new names, and a mask [rows] of what is bad in each column."""
        found = {name: self._source(raw, name) for name in self.columns.sources}
        wrong: dict[str, pl.Series] = {}
        for name in IDS:
            if name in found and name in self.choices.required:
                found[name] = self.ids(found[name], name)
                wrong[name] = found[name].is_null() | (found[name].cast(pl.String) == "")
        if self.choices.kind == "interactions":
            for name in NUMBERS:
                if name in found:
                    given, found[name] = found[name], decimals(found[name]).cast(pl.Float32)
                    wrong[name] = ~found[name].is_finite().fill_null(value=False)
                    # Not every event is rated, but nothing can count for an unknown weight.
                    wrong[name] &= _filled(given) if name == "rating" else True
            if self.clock and "timestamp" in found:
                found["timestamp"] = self.clock.read(found["timestamp"])
                wrong["timestamp"] = found["timestamp"].is_null()
            if "event" in found:
                found["event"] = found["event"].cast(pl.String)
        for name in self.choices.min_value:
            if name in found and name not in NUMBERS:
                wrong[name] = _no_number(found[name])
        rows = pl.DataFrame([column.alias(name) for name, column in found.items()])
        return rows, {name: mask for name, mask in wrong.items() if mask.any()}

    def reason(self, name: str, value: object) -> str:
        """Why a value of a column is bad."""
        text = "" if value is None else str(value)
        shown = text if len(text) <= 60 else text[:59] + "…"
        if name in IDS:
            return f"'{shown}' is no whole number that is written in one way" if text else "no id"
        if name == "timestamp" and self.clock:
            return self.clock.reason(shown)
        return f"'{shown}' is not a finite number" if text else "no number"

    def source(self, name: str) -> str:
        """What the input calls a column."""
        return self.columns.sources[name]

    def _source(self, raw: pl.DataFrame, name: str) -> pl.Series:
        column = self.columns.sources[name]
        # A line of JSON may lack any key, and then so may a whole chunk.
        return raw[column] if column in raw.columns else pl.Series(column, [None] * raw.height)

    def ids(self, column: pl.Series, name: str) -> pl.Series:
        """The ids of a column. Raises RecliError for a type whose values cannot be told apart."""
        kind = column.dtype
        if kind.is_float() or kind.is_nested() or kind.is_temporal() or kind == pl.Binary:
            raise RecliError(
                f"{self.where}: column '{column.name}' is {kind}, which cannot name a {name[:4]}",
                "write its ids as text or whole numbers",
            )
        text = column.cast(pl.String)
        if not self.choices.numeric_ids:
            return text
        number = text.cast(pl.Int64, strict=False)
        # 007 is not 7: a number that would not be written back as it came is refused.
        return number.set((number.cast(pl.String) != text).fill_null(value=False), None)


def decimals(column: pl.Series) -> pl.Series:
    """Numbers of a column as Float64 [rows]; null where it holds none. Blanks are ignored."""
    if isinstance(column.dtype, pl.Categorical | pl.Enum):
        column = column.cast(pl.String)
    if column.dtype != pl.String:
        return column.cast(pl.Float64, strict=False)
    found = column.cast(pl.Float64, strict=False)
    if found.null_count():
        found = column.str.strip_chars(" \t").cast(pl.Float64, strict=False)
    return found


def _no_number(column: pl.Series) -> pl.Series:
    """Where a column holds something that is no number [rows]; nothing at all is allowed."""
    return _filled(column) & ~decimals(column).is_finite().fill_null(value=False)


def _filled(column: pl.Series) -> pl.Series:
    """Where a column holds anything [rows]."""
    return column.is_not_null() & (column.cast(pl.String) != "").fill_null(value=False)
