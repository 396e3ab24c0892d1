"""What a family of features is, and which of them a ranker learned from.

A family is one file of `recli/features/`. It is of items, of users, of candidates' own columns,
or of user and item together. All look at events before the moment of their row and at no others.
"""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.fields import Declared
from recli.kernels.features_affinity import Values, labels
from recli.kernels.features_columns import Column, Levels
from recli.kernels.features_counts import Counts, Timeline
from recli.kernels.features_lists import Lists

Table = npt.NDArray[np.float32]
Moments = npt.NDArray[np.int64]  # microseconds
Named = tuple[tuple[str, "Feature"], ...]  # families by their names


@dataclass(frozen=True)
class Columns:
    """The columns of the tables that features can be made of."""

    candidates: tuple[Column, ...] = ()  # those that travel along
    items: tuple[Column, ...] = ()
    users: tuple[Column, ...] = ()
    listed: bool = True  # whether candidates have a score and a rank
    met: bool = True  # whether there is a history
    timed: bool = False  # whether the history has timestamps
    rated: bool = False  # whether it has ratings
    many: bool = False  # whether each candidate has a moment of its own
    near: int = 0  # tables of neighbours of items
    shown: bool = False  # whether there are impressions beside the history

    @property
    def sources(self) -> list[str]:
        """Those whose ranks and scores `merge` kept, as `als_rank` and `als_score`."""
        quantities = {column.name for column in self.candidates if column.kind == "number"}
        named = sorted(name.removesuffix("_rank") for name in quantities if name.endswith("_rank"))
        return [name for name in named if f"{name}_score" in quantities]


Near = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Table]  # starts, items, scores


@dataclass(frozen=True)
class Facts:
    """What is known of the catalogue; its last item is one nobody knows."""

    columns: Columns
    rows: pl.DataFrame  # [items + 1] of the items table
    near: tuple[Near, ...]  # neighbours of items [items + 1], from tables of them
    met: Counts | Timeline  # events of items [items + 1]: before the one moment, or before any

    @property
    def items(self) -> pl.DataFrame:
        """Rows [items] of those that somebody knows."""
        return self.rows.head(self.rows.height - 1)

    @cached_property
    def labels(self) -> list[Values]:
        """What each item carries of each category and list column."""
        return labels(self.columns.items, self.items)


@dataclass(frozen=True)
class Items:
    """What is known of some items, each at a moment."""

    counts: Counts  # of events before the moment
    rows: pl.DataFrame  # [items] of the items table, null where it lacks one
    moments: Moments  # [items], or one for all


class Feature(Declared, ABC):
    """A family of features."""

    @abstractmethod
    def names(self, columns: Columns) -> tuple[str, ...]:
        """Names of what it makes of some columns; none where they lack what it needs."""

    def levels(self, columns: Columns) -> Levels:
        """Those of its names that count few levels from 0, which can be crossed."""
        return {}

    def codes(self, columns: Columns) -> tuple[str, ...]:
        """Those of its levels that have no order, not quantities."""
        return tuple(self.levels(columns))

    def known(self, facts: Facts) -> Any:
        """What a family of users or of pairs keeps of the catalogue."""
        return None


class OfItems(Feature):
    """A family that says something of an item, whoever the user is."""

    @abstractmethod
    def table(self, columns: Columns, items: Items) -> Table:
        """Features [items, names]."""


class OfUsers(Feature):
    """A family that says something of a user, whatever the item is."""

    @abstractmethod
    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """Features [lists, names]; `rows` [lists] are those of the users table."""


class OfCandidates(Feature):
    """A family made of columns that travel with the candidates."""

    @abstractmethod
    def table(self, columns: Columns, rows: pl.DataFrame, moments: Moments) -> Table:
        """Features [rows, names]; `moments` [rows] are those of prediction."""


class OfPairs(Feature):
    """A family that says something of a candidate: its item beside its user and its list."""

    @abstractmethod
    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """Write features to `out` [rows, names], part of a wider table; called in threads."""


KINDS: tuple[type[Feature], ...] = (OfPairs, OfCandidates, OfItems, OfUsers)


@dataclass(frozen=True)
class Layout:
    """Which features there are, in order: fixed by the training, kept with the ranker."""

    families: Named
    columns: Columns
    crosses: tuple[tuple[str, str], ...] = ()  # features whose levels count in pairs

    @cached_property
    def ordered(self) -> Named:
        """Families that make something of the columns, kind by kind."""
        told = [(name, one) for name, one in self.families if one.names(self.columns)]
        return tuple(pair for kind in KINDS for pair in told if isinstance(pair[1], kind))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features [features]."""
        single = [name for _, one in self.ordered for name in one.names(self.columns)]
        return (*single, *(f"{one}*{other}" for one, other in self.crosses))

    @cached_property
    def categorical(self) -> tuple[str, ...]:
        """Names of the features that are codes."""
        single = [name for _, one in self.ordered for name in one.codes(self.columns)]
        return (*single, *self.names[len(self.names) - len(self.crosses) :])

    @cached_property
    def levels(self) -> Levels:
        """The features that can be crossed, with what each of their levels means."""
        found = [one.levels(self.columns).items() for _, one in self.ordered]
        return dict(pair for pairs in found for pair in pairs)

    @cached_property
    def pairs(self) -> npt.NDArray[np.int64]:
        """Places of the two features of each cross, and the levels of the second: [crosses, 3]."""
        found = [
            (self.names.index(one), self.names.index(other), len(self.levels[other]))
            for one, other in self.crosses
        ]
        return np.array(found, np.int64).reshape(-1, 3)

    def meanings(self, name: str) -> tuple[str, ...]:
        """What each code of a category means."""
        if name in self.levels:
            return self.levels[name]
        one, other = self.crosses[self.names.index(name) - len(self.names)]
        return tuple(f"{a} * {b}" for a in self.levels[one] for b in self.levels[other])

    def record(self) -> dict[str, Any]:
        """The layout as JSON."""
        families = {name: asdict(one) for name, one in self.families}
        return {"families": families, "columns": asdict(self.columns), "crosses": self.crosses}

    @staticmethod
    def of(record: dict[str, Any], families: Named) -> "Layout":
        """The layout that `record` was made of."""
        columns = dict(record["columns"])
        for role in ("candidates", "items", "users"):
            told = [one | {"values": tuple(one["values"])} for one in columns[role]]
            columns[role] = tuple(Column(**one) for one in told)
        crosses = tuple((one, other) for one, other in record["crosses"])
        return Layout(families, Columns(**columns), crosses)
