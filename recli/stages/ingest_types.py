"""Types of the columns that travel along: numbers, dates, truth values, else text.

A type is taken only if every value of every row has it and can be written back: `007` makes a
column text. Columns of typed formats keep the types they have.
"""

from dataclasses import dataclass, field

import polars as pl

from recli.kernels.chunks import common
from recli.stages.ingest_times import FORMATS, Clock

# In the order in which they are preferred; each test is of a whole value.
PATTERNS = {
    "whole": r"^-?(0|[1-9]\d{0,18})$",
    "decimal": r"^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d{1,3})?$",
    "truth": r"^([tT]rue|[fF]alse|TRUE|FALSE)$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "time": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( ?UTC|Z|[-+]\d\d:?\d\d)?$",
}


@dataclass
class Types:
    """What the extra columns may still be, after each chunk that was seen."""

    lists: dict[str, str] = field(default_factory=dict)
    zone: str = "UTC"
    possible: dict[str, list[str]] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)
    declared: dict[str, list[pl.DataType]] = field(default_factory=dict)

    def look(self, rows: pl.DataFrame, extras: list[str], *, typed: bool) -> None:
        """Strike out the types that a chunk does not fit."""
        for name in extras:
            column = rows[name]
            if typed or column.dtype != pl.String:
                kinds = self.declared.setdefault(name, [])
                if column.dtype not in [*kinds, pl.Null]:
                    kinds.append(column.dtype)
            elif name not in self.lists:
                self._narrow(name, column)

    def _narrow(self, name: str, column: pl.Series) -> None:
        left = self.possible.setdefault(name, list(PATTERNS))
        if left:
            known = column.filter((column != "").fill_null(value=False))
            self.filled |= {name} if len(known) else set()
            left[:] = [kind for kind in left if self._fits(known, kind)]

    def _fits(self, known: pl.Series, kind: str) -> bool:
        if not known.str.contains(PATTERNS[kind]).all():
            return False
        return self._converted(known, kind).null_count() == 0

    def _converted(self, column: pl.Series, kind: str | None) -> pl.Series:
        if kind == "whole":
            return column.cast(pl.Int64, strict=False)
        if kind == "decimal":
            return _exact(column, column.cast(pl.Float64, strict=False))
        if kind == "truth":
            return (column.str.to_lowercase() == "true").alias(column.name)
        if kind == "date":
            return column.str.to_date("%Y-%m-%d", strict=False)
        if kind == "time":
            return Clock(FORMATS, None, self.zone).parsed(column)
        return column

    def cast(self, rows: pl.DataFrame, extras: list[str]) -> pl.DataFrame:
        """A part of the table, its extra columns in their final types."""
        return rows.with_columns(self._final(rows[name], name).alias(name) for name in extras)

    def _final(self, column: pl.Series, name: str) -> pl.Series:
        if name in self.lists:
            return _split(column, self.lists[name])
        if name in self.declared:
            return column.cast(common(name, self.declared[name]))
        column = column.cast(pl.String)
        column = column.set((column == "").fill_null(value=False), None)
        kinds = self.possible.get(name) if name in self.filled else None
        return self._converted(column, kinds[0] if kinds else None)


def _exact(text: pl.Series, number: pl.Series) -> pl.Series:
    """The numbers [rows]; null for one without end, or a whole one of more digits than fit."""
    large = number.abs() >= 2**53
    if not large.any():
        return number
    lost = number.is_infinite() | (large & ~text.str.contains("[.eE]"))
    return number.set(lost.fill_null(value=False), None)


def _split(column: pl.Series, separator: str) -> pl.Series:
    """Lists of the parts of a text [rows]; an empty text is an empty list."""
    if isinstance(column.dtype, pl.List):
        return column
    text = column.cast(pl.String).fill_null("")
    parts = text.str.split(separator)
    empty = pl.Series([[]], dtype=pl.List(pl.String))
    return pl.select(pl.when(text == "").then(empty).otherwise(parts)).to_series()
