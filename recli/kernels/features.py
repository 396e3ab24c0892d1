"""Features of candidates: one module for those who learn from them and those who score.

Everything is as of the moment of prediction, the last event of the history; nothing but the
history, the candidates and the columns of items and users is looked at.
"""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels import features_affinity, features_items, features_rows
from recli.kernels.features_affinity import Values
from recli.kernels.features_columns import Column, encode
from recli.kernels.matrix import Ids, numbers
from recli.kernels.threads import in_threads

Table = npt.NDArray[np.float32]
_RUN = 64  # users whose rows one thread fills while they are in its cache


@dataclass(frozen=True)
class Layout:
    """Which features there are, in order: fixed by the training, kept with the ranker."""

    candidates: tuple[Column, ...]  # `source` and columns of numbers that travel along
    items: tuple[Column, ...]
    users: tuple[Column, ...]
    timed: bool  # whether the history has timestamps
    rated: bool  # whether it has ratings

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the features [features]."""
        timed, rated = self.timed, self.rated
        return (
            *features_rows.LIST,
            *(name for column in self.candidates for name in column.names("candidates")),
            *features_items.names(timed=timed, rated=rated),
            *(name for column in self.items for name in column.names("items")),
            *features_rows.user_names(timed=timed, rated=rated),
            *(name for column in self.users for name in column.names("users")),
            *features_rows.seen_names(timed=timed),
            *features_affinity.names(self.items, timed=timed),
        )

    @property
    def categorical(self) -> tuple[str, ...]:
        """Names of the features that are codes."""
        tables = {"candidates": self.candidates, "items": self.items, "users": self.users}
        return tuple(
            column.names(role)[0]
            for role, columns in tables.items()
            for column in columns
            if column.kind == "category"
        )

    def record(self) -> dict[str, Any]:
        """The layout as JSON."""
        return asdict(self)

    @staticmethod
    def of(record: dict[str, Any]) -> "Layout":
        """The layout that `record` was made of."""
        columns = {
            role: tuple(Column(**{**one, "values": tuple(one["values"])}) for one in record[role])
            for role in ("candidates", "items", "users")
        }
        return Layout(**columns, timed=record["timed"], rated=record["rated"])


@dataclass(frozen=True)
class Catalogue:
    """What is known of all items at the moment of prediction. Memory grows with items."""

    ids: Ids  # sorted
    table: Table  # [items + 1, features]; the last row is that of an item nobody knows
    values: tuple[Values, ...]
    now: int | None  # microseconds

    def rows(self, items: pl.Series) -> npt.NDArray[np.int32]:
        """Row of `table` of each item [items]."""
        found = numbers(items, self.ids)
        return np.where(found < 0, np.int32(len(self.ids)), found)


def catalogue(
    layout: Layout, counts: pl.DataFrame, items: pl.DataFrame | None, now: int | None
) -> Catalogue:
    """The catalogue of a history's `counts` (see `features_items.tally`) and an items table."""
    known = counts["item_id"] if items is None else pl.concat([counts["item_id"], items["item_id"]])
    ids = known.unique().sort()
    unknown = pl.Series("item_id", [None], dtype=ids.dtype)
    every = pl.DataFrame({"item_id": pl.concat([ids.alias("item_id"), unknown])})
    tallied = every.join(counts, on="item_id", how="left", maintain_order="left")
    table = features_items.table(tallied, now)
    found: list[Values] = []
    if items is not None:
        first = items.unique("item_id", keep="first", maintain_order=True)
        rows = every.join(first, on="item_id", how="left", maintain_order="left")
        table = np.hstack([table, encode(layout.items, rows, now)])
        found = features_affinity.values(layout.items, rows.head(len(ids)))
    return Catalogue(ids, np.ascontiguousarray(table), tuple(found), now)


@dataclass(frozen=True)
class Past:
    """The history of a block's users: that of user u is items[starts[u] : starts[u + 1]]."""

    starts: npt.NDArray[np.int64]  # [users + 1]
    items: npt.NDArray[np.int32]  # [events]
    times: npt.NDArray[np.int64]  # [events] microseconds, or empty
    ratings: Table  # [events], or empty


@dataclass(frozen=True)
class Asked:
    """The candidates of a block's users, cut in the same way."""

    starts: npt.NDArray[np.int64]  # [users + 1]
    items: npt.NDArray[np.int32]  # [rows] of the catalogue
    scores: npt.NDArray[np.float32]  # [rows]
    ranks: npt.NDArray[np.int32]  # [rows]
    own: Table  # [rows, features] of the candidates' other columns
    users: Table  # [users, features] of the users' columns


def features(
    layout: Layout, known: Catalogue, asked: Asked, past: Past, users: slice, threads: int = 1
) -> Table:
    """Features [rows, features] of the candidates of a run of users.

    The same bits for any cut of the users and any number of threads.
    """
    begin, end = asked.starts[users.start], asked.starts[users.stop]
    rows = slice(begin, end)
    starts = asked.starts[users.start : users.stop + 1] - begin
    items, past_starts = asked.items[rows], past.starts[users.start : users.stop + 1]
    timed, now = layout.timed, np.int64(known.now or 0)
    people = _people(layout, past, past_starts, now, asked.users[users])
    out = np.empty((end - begin, len(layout.names)), np.float32)
    middle = len(features_rows.LIST)
    after = middle + asked.own.shape[1] + known.table.shape[1] + people.shape[1]
    both = (starts, items, past_starts, past.items, past.times)

    def fill(first: int) -> None:
        run = first, min(first + _RUN, len(people))
        features_rows.lists(*run, starts, asked.scores[rows], asked.ranks[rows], out)
        features_rows.copied(*run, starts, items, asked.own[rows], known.table, people, out, middle)
        features_rows.seen(*run, *both, now, timed, out, after)
        at = after + 1 + timed
        for one in known.values:
            cells = (one.starts, one.codes, one.gives, one.takes, one.width, one.cosine)
            features_affinity.near(*run, *both, *cells, timed, out, at)
            at += 1 + timed

    in_threads(fill, range(0, len(people), _RUN), threads)
    return out


def _people(
    layout: Layout, past: Past, starts: npt.NDArray[np.int64], now: np.int64, columns: Table
) -> Table:
    """Features [users, features] of the users themselves."""
    names = features_rows.user_names(timed=layout.timed, rated=layout.rated)
    active = np.full((len(starts) - 1, len(names)), np.nan, np.float32)
    features_rows.activity(
        starts, past.items, past.times, past.ratings, now, layout.timed, layout.rated, active
    )
    return np.hstack([active, columns])
