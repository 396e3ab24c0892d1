"""Features of candidates: one module for those who learn from them and those who score."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.kernels.features import (
    Facts,
    Items,
    Layout,
    Moments,
    Near,
    OfCandidates,
    OfItems,
    OfPairs,
    OfUsers,
    Table,
)
from recli.kernels.features_counts import Timeline, counted
from recli.kernels.features_lists import Lists
from recli.kernels.features_shown import Shown
from recli.kernels.matrix import Ids, numbers
from recli.kernels.threads import in_threads

Nears = tuple[pl.DataFrame, ...]  # tables of similar items, each once
_RUN = 64  # lists whose rows one thread fills while they are in its cache


@dataclass(frozen=True)
class Catalogue:
    """What is known of all items. Memory grows with items, and with events for many moments."""

    ids: Ids  # sorted
    rows: pl.DataFrame  # [items + 1] of the items table; the last is of an item nobody knows
    known: Mapping[str, Any]  # what families keep of the items
    now: int | None  # microseconds: the one moment, if there is one and there are times
    table: Table  # [items + 1, features of items] at that moment; empty for many
    timeline: Timeline | None  # for many moments
    shown: Shown | None = None  # for many moments, where there are impressions
    cut: bool = False  # whether the history may hold events at or after the moment

    def numbers(self, items: pl.Series) -> npt.NDArray[np.int32]:
        """Row of each item [items]."""
        found = numbers(items, self.ids)
        return np.where(found < 0, np.int32(len(self.ids)), found)


def catalogue_ids(met: pl.Series, items: pl.DataFrame | None, near: Nears = ()) -> Ids:
    """Every item of a history, an items table and tables of neighbours, sorted."""
    parts = [met] if items is None else [met, items["item_id"]]
    parts += [table[name] for table in near for name in ("item_id", "similar_item_id")]
    return pl.concat([part.alias("item_id") for part in parts]).unique().sort()


def every_row(ids: Ids, rows: pl.DataFrame | None) -> pl.DataFrame:
    """Rows of a table by `item_id`, for each id and for none: null where it lacks one."""
    unknown = pl.Series("item_id", [None], dtype=ids.dtype)
    every = pl.DataFrame({"item_id": pl.concat([ids.alias("item_id"), unknown])})
    if rows is None:
        return every
    first = rows.unique("item_id", keep="first", maintain_order=True)
    return every.join(first, on="item_id", how="left", maintain_order="left")


def at_one_moment(
    layout: Layout,
    tallied: pl.DataFrame,
    items: pl.DataFrame | None,
    now: int | None,
    near: Nears = (),
    *,
    cut: bool = False,
) -> Catalogue:
    """The catalogue of a history's counts (see `features_counts.tally`) and an items table."""
    ids = catalogue_ids(tallied["item_id"], items, near)
    rows = every_row(ids, items)
    moments = np.array([now or 0], np.int64)
    every = Items(counted(every_row(ids, tallied)), rows, moments)
    known = _known(layout, Facts(layout.columns, rows, _numbered(near, ids), every.counts))
    return Catalogue(ids, rows, known, now, of_items(layout, every), None, cut=cut)


def at_many_moments(
    layout: Layout,
    ids: Ids,
    timeline: Timeline,
    items: pl.DataFrame | None,
    near: Nears = (),
    shown: Shown | None = None,
) -> Catalogue:
    """The catalogue of a history's every event and impression and an items table."""
    rows = every_row(ids, items)
    known = _known(layout, Facts(layout.columns, rows, _numbered(near, ids), timeline))
    return Catalogue(ids, rows, known, None, np.empty((0, 0), np.float32), timeline, shown)


def _numbered(tables: Nears, ids: Ids) -> tuple[Near, ...]:
    """Neighbours of items by number; the last item, that nobody knows, has none."""
    found = []
    for table in tables:
        of, near = (numbers(table[name], ids) for name in ("item_id", "similar_item_id"))
        kept = (of >= 0) & (near >= 0)
        order = np.lexsort((near[kept], of[kept]))
        starts = np.searchsorted(of[kept][order], np.arange(len(ids) + 2))
        scores = table["score"].to_numpy()[kept][order]
        found.append((starts.astype(np.int64), near[kept][order], scores))
    return tuple(found)


def _known(layout: Layout, facts: Facts) -> dict[str, Any]:
    return {name: one.known(facts) for name, one in layout.ordered}


def of_items(layout: Layout, items: Items) -> Table:
    """Features [items, features of items]."""
    families = [one for _, one in layout.ordered if isinstance(one, OfItems)]
    parts = [one.table(layout.columns, items) for one in families]
    return _beside(parts, items.rows.height)


def of_users(layout: Layout, known: Mapping[str, Any], lists: Lists, rows: pl.DataFrame) -> Table:
    """Features [lists, features of users]."""
    families = [(known[name], one) for name, one in layout.ordered if isinstance(one, OfUsers)]
    parts = [one.table(layout.columns, kept, lists, rows) for kept, one in families]
    return _beside(parts, len(lists))


def of_candidates(layout: Layout, rows: pl.DataFrame, moments: Moments) -> Table:
    """Features [rows, features of candidates' own columns]."""
    families = [one for _, one in layout.ordered if isinstance(one, OfCandidates)]
    return _beside([one.table(layout.columns, rows, moments) for one in families], rows.height)


def _beside(parts: list[Table], rows: int) -> Table:
    return np.ascontiguousarray(np.hstack([np.empty((rows, 0), np.float32), *parts]))


@dataclass(frozen=True)
class Made:
    """A block's candidates with all of their features that need no work row by row."""

    layout: Layout
    known: Mapping[str, Any]
    lists: Lists
    own: Table  # [rows, features]
    items: Table  # [items or rows, features]
    item_rows: npt.NDArray[np.int32]  # [rows] which row of `items` is theirs
    users: Table  # [lists, features]

    def features(self, lists: slice, threads: int = 1) -> Table:
        """Features [rows, features] of the candidates of a run of lists.

        The same bits for any cut of the lists and any number of threads.
        """
        begin, end = self.lists.starts[lists.start], self.lists.starts[lists.stop]
        out = np.empty((end - begin, len(self.layout.names)), np.float32)

        def fill(first: int) -> None:
            run = slice(first, min(first + _RUN, lists.stop))
            rows = slice(self.lists.starts[run.start], self.lists.starts[run.stop])
            self._fill(run, rows, out[rows.start - begin : rows.stop - begin])

        in_threads(fill, range(lists.start, lists.stop, _RUN), threads)
        return out

    def _fill(self, run: slice, rows: slice, out: Table) -> None:
        lists = self.lists.run(run)
        at = 0
        for name, one in self.layout.ordered:
            if isinstance(one, OfPairs):
                width = len(one.names(self.layout.columns))
                one.fill(self.layout.columns, self.known[name], lists, out[:, at : at + width])
                at += width
        own, items, users = self.own[rows], self.item_rows[rows], self.users[run]
        _copied(lists.starts, own, self.items, items, users, out, at)
        _crossed(self.layout.pairs, out)


@njit(cache=True, nogil=True)
def _copied(starts, own, items, item_rows, users, out, at):  # type: ignore[no-untyped-def]
    """The candidate's own columns, then those of its item, then those of its user."""
    second = at + own.shape[1]
    third = second + items.shape[1]
    for one in range(len(starts) - 1):
        for row in range(starts[one], starts[one + 1]):
            for column in range(own.shape[1]):
                out[row, at + column] = own[row, column]
            for column in range(items.shape[1]):
                out[row, second + column] = items[item_rows[row], column]
            for column in range(users.shape[1]):
                out[row, third + column] = users[one, column]


@njit(cache=True, nogil=True)
def _crossed(pairs, out):  # type: ignore[no-untyped-def]
    """Codes of pairs in the last columns; NaN where either is."""
    first = out.shape[1] - len(pairs)
    for row in range(len(out)):
        for at in range(len(pairs)):
            one, other, levels = pairs[at]
            out[row, first + at] = out[row, one] * levels + out[row, other]
