"""Metrics of an A/B test: how they are written, and what each user adds to them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.store.open import Table

Values = npt.NDArray[np.float64]
ROWS = "rows"
CHOICES = re.compile(r"(.+)\(((?:any|less)(?:,(?:any|less))?)\)")
HOW = "write COLUMN, COLUMN=VALUE, rows, or one of them over another, as clicked/rows"


@dataclass(frozen=True)
class Value:
    """What a row of a table counts for."""

    role: str  # of the table: log, outcomes, before or users
    column: str
    equals: str | None = None  # 1 for rows that have this there
    counts: bool = False  # 1 for rows that have anything there

    def of(self, rows: pl.DataFrame) -> Values:
        """The number of each row; an empty value counts for 0. RecliError where one is none."""
        column = rows[self.column]
        if self.counts:
            column = column.is_not_null()
        elif self.equals is not None:
            column = (column.cast(pl.String) == self.equals).fill_null(False)
        numbers = column.cast(pl.Float64).fill_null(0.0).to_numpy()
        wrong = len(numbers) - np.count_nonzero(np.isfinite(numbers))
        if wrong:
            raise RecliError(
                f"column '{self.column}' is no finite number in {wrong:,} rows",
                "leave it empty where nothing is known",
            )
        return numbers

    def elsewhere(self, role: str) -> "Value":
        """The same of another table."""
        return Value(role, self.column, self.equals, self.counts)


@dataclass(frozen=True)
class Metric:
    """One number of a group of users: the mean of a sum over each user's rows, or a ratio."""

    word: str
    top: Value
    bottom: Value | None = None
    any: bool = False  # whether a user has any, instead of how much
    less: bool = False  # is better

    def same(self, other: "Metric") -> bool:
        """Whether another word is for the same numbers."""
        ours, theirs = (self.top, self.bottom, self.any), (other.top, other.bottom, other.any)
        return ours == theirs

    @property
    def per(self) -> str:
        """What a mean is taken over."""
        if self.bottom is None:
            return "share of users" if self.any else "mean of users"
        return "mean of rows" if self.bottom.counts else "ratio of sums"

    def values(self, role: str | None = None) -> list[Value]:
        """What it reads, or what the same metric of another table would."""
        found = [self.top] if self.bottom is None else [self.top, self.bottom]
        return found if role is None else [value.elsewhere(role) for value in found]

    def of_users(self, sums: Mapping[Value, Values], role: str | None = None) -> list[Values]:
        """Numerator and denominator of each user, of the sums over rows."""
        top, *bottom = [sums[value] for value in self.values(role)]
        top = (top > 0).astype(np.float64) if self.any else top
        return [top, bottom[0] if bottom else np.ones(len(top))]


def parsed(word: str, tables: Mapping[str, Table]) -> Metric:
    """The metric of a word, whose columns are those of the first table that has them.

    Raises RecliError for a word that is none, and for columns that are not there or hold no
    numbers.
    """
    found = CHOICES.fullmatch(word)
    base, choices = (found[1], found[2].split(",")) if found else (word, [])
    top, bottom = base, ""
    if not any(table.has(base) for table in tables.values()):
        top, _, bottom = base.partition("/")
    if not top or base.endswith("/"):
        raise RecliError(f"'{word}' is no metric", HOW, code=ExitCode.USAGE)
    if bottom and "any" in choices:
        raise RecliError(
            f"{word}: a ratio is no yes or no of a user", "drop (any)", code=ExitCode.USAGE
        )
    first = _value(top, tables)
    below = None
    if bottom == ROWS:
        below = Value(first.role, first.column, counts=True)
    elif bottom:
        below = _value(bottom, tables)
    return Metric(word, first, below, "any" in choices, "less" in choices)


def _value(word: str, tables: Mapping[str, Table]) -> Value:
    """What is summed up, and where."""
    for role, table in tables.items():
        if table.has(word):
            check_numbers(table, word)
            return Value(role, word)
    column, equals, wanted = word.rpartition("=")
    for role, table in tables.items():
        if equals and table.has(column):
            return Value(role, column, wanted)
        if word == ROWS:
            return Value(role, "user_id", counts=True)
    known = "; ".join(f"{table.where} has {', '.join(table.schema)}" for table in tables.values())
    raise RecliError(f"no column '{column or word}' for --metric {word}: {known}", HOW)


def check_numbers(table: Table, column: str) -> None:
    """Raise RecliError where a column holds neither numbers nor yes and no."""
    table.need(column)
    kind = table.schema[column]
    if not (kind.is_numeric() or kind == pl.Boolean):
        raise RecliError(
            f"{table.where}: column '{column}' is {kind}, neither yes or no nor a number",
            f"name another, or count rows that hold some word: {column}=WORD",
        )


def added(value: Value, rows: pl.DataFrame, users: int) -> Values:
    """The sum [users] of a value over each user's rows, the same in any order of them.

    `rows` have the number of their user in a column without a name, ascending.
    """
    owners = rows[""].to_numpy()
    numbers = value.of(rows)
    sums = np.zeros(users)
    if (owners[1:] == owners[:-1]).any():
        numbers = numbers[np.lexsort((numbers, owners))]
    np.add.at(sums, owners, numbers)
    return sums


def constant(value: Value, rows: pl.DataFrame, users: int) -> list[Values]:
    """A covariate [users] and whether it is known, of a column that does not change.

    Raises RecliError where it has two values for one user: then it is not of before the test.
    """
    known = rows.filter(pl.col(value.column).is_not_null())
    owners, numbers = known[""].to_numpy(), value.of(known)
    found, there = np.zeros(users), np.zeros(users)
    found[owners], there[owners] = numbers, 1.0
    changed = len(np.unique(owners[found[owners] != numbers]))
    if changed:
        raise RecliError(
            f"--covariate {value.column} has several values for {changed:,} users",
            "name a column that was known before the test, or give --before TABLE",
        )
    return [found, there]
