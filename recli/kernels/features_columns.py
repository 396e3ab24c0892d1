"""Columns of a table as numbers: kinds found from the data once, then kept."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.hashing import uniform
from recli.kernels.matrix import DAY, numbers

Kind = Literal["number", "category", "list", "date", "text"]
Table = npt.NDArray[np.float32]
Levels = Mapping[str, tuple[str, ...]]  # features that are codes from 0, and what each code means

CODES = 255  # codes of a category; LightGBM groups no more than these by itself
BUCKETS = 32  # of these, for all rarer values together, where there are more than have a code
MEMBERS = 16  # values of a list column that get a feature
_TEXT = (pl.String, pl.Categorical, pl.Enum)


@dataclass(frozen=True)
class Column:
    """How a column of items, users or candidates becomes features."""

    name: str
    kind: Kind
    type: str
    values: tuple[str, ...] = ()  # of a category: its codes; of a list: those with a feature
    buckets: int = 0  # of a category: further codes, that all other values share

    @property
    def family(self) -> str:
        """What its type must hold when the features are made again; see `family`."""
        return "text" if self.kind == "category" else self.kind

    def names(self, prefix: str) -> list[str]:
        """Names of its features."""
        name = f"{prefix}.{self.name}"
        if self.kind == "list":
            return [f"{name}.count", *(f"{name}={value}" for value in self.values)]
        return [] if self.kind == "text" else [name]

    @property
    def meanings(self) -> tuple[str, ...]:
        """What each code of a category means."""
        return self.values + tuple(f"(other {bucket})" for bucket in range(self.buckets))


def levels(columns: tuple[Column, ...], prefix: str) -> Levels:
    """The features that are categories."""
    return {f"{prefix}.{one.name}": one.meanings for one in columns if one.kind == "category"}


def family(kind: pl.DataType) -> str | None:
    """What a type holds: number, text, list or date; None for what makes no feature.

    >>> family(pl.Int64()), family(pl.List(pl.String)), family(pl.Binary())
    ('number', 'list', None)
    """
    if kind.is_numeric() or kind == pl.Boolean:
        return "number"
    if kind.base_type() in _TEXT:
        return "text"
    if isinstance(kind, pl.Date | pl.Datetime):
        return "date"
    if isinstance(kind, pl.List) and (kind.inner.base_type() in _TEXT or kind.inner.is_integer()):
        return "list"
    return None


def describe(
    batches: Iterable[pl.DataFrame], schema: pl.Schema, *, dates: bool
) -> tuple[Column, ...]:
    """The columns of a table that make features, in its order.

    A text is a category when its values repeat, else words. The codes of a category and the
    members of a list are their most frequent values; where a category has too many, the others
    share some codes by their hash. `dates` says whether there is a moment
    to measure them from. Memory: the distinct values of the columns of text.
    """
    kinds = {name: family(kind) for name, kind in schema.items()}
    counted = {name: _Counts() for name, kind in kinds.items() if kind in ("text", "list")}
    for batch in batches:
        for name, counts in counted.items():
            counts.add(batch[name])
    found: list[Column] = []
    for name, kind in kinds.items():
        typed = str(schema[name])
        if kind == "number" or (kind == "date" and dates):
            found.append(Column(name, "number" if kind == "number" else "date", typed))
        elif kind == "list":
            found.append(Column(name, "list", typed, counted[name].most(MEMBERS)))
        elif kind == "text" and counted[name].is_words():
            found.append(Column(name, "text", typed))
        elif kind == "text":
            found.append(_category(name, typed, counted[name]))
    return tuple(found)


def _category(name: str, typed: str, counts: "_Counts") -> Column:
    buckets = BUCKETS if counts.seen.height > CODES else 0
    return Column(name, "category", typed, counts.most(CODES - buckets), buckets)


class _Counts:
    """How often each value of a column stands in a table that streams by."""

    def __init__(self) -> None:
        self.seen = pl.DataFrame(schema={"value": pl.String, "rows": pl.UInt32})
        self.rows = 0
        self.words = 0

    def add(self, column: pl.Series) -> None:
        values = column.explode() if column.dtype.is_nested() else column
        frame = pl.DataFrame({"value": values.cast(pl.String)}).drop_nulls()
        self.rows += frame.height
        self.words += int(frame["value"].str.count_matches(r"\S+").sum())
        both = pl.concat([self.seen, frame.group_by("value").agg(rows=pl.len())])
        self.seen = both.group_by("value").agg(pl.col("rows").sum())

    def most(self, limit: int) -> tuple[str, ...]:
        """The most frequent values, equal ones by their text."""
        ordered = self.seen.sort(["rows", "value"], descending=[True, False])
        return tuple(ordered["value"].head(limit))

    def is_words(self) -> bool:
        """Whether values hardly repeat and read like a title rather than a label."""
        distinct = self.seen.height
        return distinct > self.rows / 2 and (self.words >= 1.5 * self.rows or distinct > CODES + 1)


def encode(
    columns: tuple[Column, ...], rows: pl.DataFrame, moments: npt.NDArray[np.int64]
) -> Table:
    """Features [rows, features] of the columns of a frame, NaN where a value is missing.

    `moments` ([rows], or one) are those of prediction in microseconds: a date becomes the days
    since.
    """
    parts = [part for column in columns for part in _encoded(column, rows[column.name], moments)]
    table = np.full((rows.height, len(parts)), np.nan, np.float32)
    for at, part in enumerate(parts):
        table[:, at] = part
    return table


def _encoded(
    column: Column, values: pl.Series, moments: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.floating] | npt.NDArray[np.int32]]:
    if column.kind == "number":
        wide = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
        return [np.where(np.isfinite(wide), wide, np.nan)]
    if column.kind == "category":
        return [_codes(column, values.cast(pl.String))]
    if column.kind == "date":
        micros = values.dt.epoch("us").cast(pl.Float64).fill_null(np.nan).to_numpy()
        return [(moments.astype(np.float64) - micros) / DAY]
    if column.kind == "list":
        texts = values.cast(pl.List(pl.String))
        held = [texts.list.contains(value) for value in column.values]
        return [
            part.cast(pl.Float64).fill_null(np.nan).to_numpy() for part in (texts.list.len(), *held)
        ]
    return []


def _codes(column: Column, texts: pl.Series) -> npt.NDArray[np.float64]:
    """Codes [rows] of a category; NaN where there is no value, or one without a code."""
    codes = numbers(texts, pl.Series(column.values, dtype=pl.String))
    if column.buckets:
        rare = (codes < 0) & texts.is_not_null().to_numpy()
        hashed = uniform([texts.filter(rare)], 0) * column.buckets
        codes = codes.copy()  # what polars gives may be read only
        codes[rare] = len(column.values) + hashed.astype(np.int32)
    return np.where(codes < 0, np.nan, codes)
