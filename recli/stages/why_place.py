"""Where an item stands in each list of its user's way through a funnel, and where it is lost."""

from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from recli.errors import RecliError
from recli.stages.why_funnel import Step, leading_to
from recli.store.open import Table
from recli.store.seek import rows_of
from recli.tables import AS_OF, CANDIDATES

Id = str | int


@dataclass(frozen=True)
class Pair:
    """Who and what is asked about, by the ids of the tables."""

    user: Id
    item: Id


@dataclass(frozen=True, eq=False)
class Place:
    """What became of an item in one step."""

    step: Step
    rows: pl.DataFrame | None = None  # the user's list; None where it is not known
    row: dict[str, Any] | None = None  # the item's own
    uncut: int | None = None  # the rank that a step gave the item, whatever k cut off

    def among(self, rows: pl.DataFrame, item: Id) -> "Place":
        """The place of the item in a list."""
        own = rows.filter(pl.col("item_id") == item)
        return replace(self, rows=rows, row=own.row(0, named=True) if own.height else None)

    @property
    def known(self) -> bool:
        """Whether the list is: its table was given, or it was made again."""
        return self.rows is not None

    @property
    def table(self) -> Table:
        """The table; of a list that was made again, one of its columns but without rows."""
        if self.step.table is not None:
            return self.step.table
        schema = pl.Schema() if self.rows is None else self.rows.schema
        name, record = f"`{self.step.words}`", self.step.record
        return Table(name, CANDIDATES, (), schema, self.length, record, self.step.sha256)

    @property
    def where(self) -> str:
        """The table, or the step where nobody gave it, in words that follow a rank."""
        return f"{'after' if self.step.table is None else 'in'} {self.table.where}"

    @property
    def length(self) -> int:
        """Items of the list."""
        return 0 if self.rows is None else self.rows.height

    @property
    def rank(self) -> int | None:
        """The item's place in the list, from 1."""
        return None if self.row is None else int(self.row["rank"])

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Rank and score that each source of a merge gave the item, by its name."""
        row = self.row or {}
        names = [name.removesuffix("_rank") for name in row if name.endswith("_rank")]
        return {
            name: {"rank": row[f"{name}_rank"], "score": row[f"{name}_score"]}
            for name in names
            if f"{name}_score" in row and row[f"{name}_rank"] is not None
        }


def places(steps: list[Step], pair: Pair) -> list[Place]:
    """The item's place in the user's list of every step."""
    return [_place(step, pair) for step in steps]


def _place(step: Step, pair: Pair) -> Place:
    if step.table is None:
        return Place(step)
    rows = rows_of(step.table, "user_id", pair.user)
    if AS_OF in rows.columns and rows[AS_OF].n_unique() > 1:
        raise RecliError(
            f"{step.table.where} has lists of several moments of user '{pair.user}', in '{AS_OF}'",
            "name lists of one moment",
        )
    return Place(step).among(rows, pair.item)


@dataclass(frozen=True)
class Loss:
    """Between which lists an item went missing, and the steps that may have dropped it."""

    before: list[Place]  # the last lists that hold it, side by side where they were merged
    after: Place  # the next list, without it
    steps: list[Step]  # from those after `before` to the one that wrote `after`


def loss(found: list[Place]) -> Loss | None:
    """Where the last list that holds the item was followed by one that does not."""
    holding = [place for place in found if place.row is not None]
    if not holding or found[-1].row is not None:
        return None
    steps = [place.step for place in found]
    last = found.index(holding[-1])
    held, later = holding[-1].step.sha256, found[last + 1 :]
    onward = [place for place in later if held in leading_to(place.step, steps)]
    if found[-1] not in onward:
        # The records do not join the two lists: what came later is taken for what follows.
        onward = later
    after = next(place for place in onward if place.known)
    ways = leading_to(after.step, steps)
    between = [place.step for place in onward if onward is later or place.step.sha256 in ways]
    between = between[: between.index(after.step) + 1]
    took = {source for step in between for source in step.sources}
    beside = [place for place in holding if place.step.sha256 in took]
    return Loss(beside or [holding[-1]], after, between)
