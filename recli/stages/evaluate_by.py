"""Columns that `--by` names: in which table they are, and what is wrong with them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from recli import tables
from recli.errors import ExitCode, RecliError
from recli.store.open import Table

LENGTH = "length"  # `history.length`, or `history` alone: interactions of a user in --history
MOST = 100  # parts
_PARTS = re.compile(r"(?P<column>.+):(?P<parts>\d+)")


@dataclass(frozen=True)
class By:
    """A column whose values users, or what they chose, are told apart by."""

    word: str  # as it was asked for
    role: str  # of the table
    table: Table
    column: str
    parts: int | None = None  # cut into so many parts of as many users

    @property
    def place(self) -> str:
        """Which kind of table it is: users, lists, items, truth or history."""
        return self.role.split(" ", 1)[0]

    @property
    def told(self) -> str:
        """Where the labels come from, for the report."""
        what = "interactions of a user" if self.place == "history" else self.column
        return f"{self.word}: {what} in {self.table.where}"


def columns_by(words: tuple[str, ...], given: Mapping[str, Table]) -> list[By]:
    """The columns that are asked for as COLUMN, COLUMN:PARTS, or TABLE.COLUMN with either.

    `given` are the tables of a run by role. Raises RecliError (usage) for a column that is in
    no table or in several, for one that labels nothing, and for parts of what is no number.
    """
    found = [_settled(word, given) for word in dict.fromkeys(words)]
    if "users" in given and all(one.place != "users" for one in found):
        raise RecliError("--users is read only with --by", code=ExitCode.USAGE)
    return found


def _settled(word: str, given: Mapping[str, Table]) -> By:
    cut = _PARTS.fullmatch(word)
    asked = [(word, None), *([] if cut is None else [(cut["column"], int(cut["parts"]))])]
    for name, parts in asked:
        found = {
            By(word, *where, parts).place: By(word, *where, parts) for where in _places(name, given)
        }
        if len(found) > 1:
            choices = " or ".join(f"{one.place}.{one.column}" for one in found.values())
            raise RecliError(
                f"--by {word}: it is a column of {len(found)} tables",
                f"write {choices}",
                code=ExitCode.USAGE,
            )
        for one in found.values():
            _check(one)
            return one
    known = dict.fromkeys(role.split(" ", 1)[0] for role in given)
    needed = "" if "users" in given else "; for a column of users add --users TABLE"
    raise RecliError(
        f"--by {word}: no column '{asked[-1][0]}' in {', '.join(known)}",
        f"name a column of theirs{needed}",
        code=ExitCode.USAGE,
    )


def _places(name: str, given: Mapping[str, Table]) -> Iterator[tuple[str, Table, str]]:
    """Role, table and column that a name may mean; among lists the first ones that have it."""
    place, _, column = name.partition(".")
    for role, table in reversed(list(given.items())):
        own = role.split(" ", 1)[0]
        wanted = column if own == place and column else name
        if own == "history":
            if name in ("history", f"history.{LENGTH}"):
                yield role, table, LENGTH
        elif table.has(wanted):
            yield role, table, wanted


def _check(by: By) -> None:
    """Raise RecliError where the values of a column are no labels, or cannot be cut."""
    kind = pl.Int64() if by.place == "history" else by.table.schema[by.column]
    if by.parts is not None:
        _check_parts(by, kind)
    if by.place == "items" and isinstance(kind, pl.List):
        kind = kind.inner  # type: ignore[assignment]  # an item has each label of its list
    tables.check_label({by.column: kind}, by.column, by.table.where)


def _check_parts(by: By, kind: pl.DataType) -> None:
    if not (kind.is_numeric() or kind.is_temporal()):
        raise RecliError(
            f"--by {by.word}: column '{by.column}' is {kind}, only numbers and times have parts",
            f"write --by {by.word.rpartition(':')[0]}",
            code=ExitCode.USAGE,
        )
    if by.parts is None or not 2 <= by.parts <= MOST:
        raise RecliError(
            f"--by {by.word}: a column has 2 to {MOST} parts", "as price:4", code=ExitCode.USAGE
        )
