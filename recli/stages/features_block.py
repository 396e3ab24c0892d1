"""A block of candidates to features, for those who learn from them and those who score."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels.features import Items, Layout, Table
from recli.kernels.features_lists import Lists
from recli.kernels.features_table import Catalogue, Made, of_candidates, of_items, of_users
from recli.kernels.matrix import numbers
from recli.stages.feature_tables import with_features
from recli.stages.features import Making
from recli.tables import AS_OF

RUN = 1 << 17  # rows whose features are held at a time while they are scored
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """The candidates of a block, by number."""

    frame: pl.DataFrame  # [rows]
    users: pl.Series  # [lists] whose list it is
    strange: npt.NDArray[np.bool_]  # [rows] items that neither history nor items know
    made: Made

    @property
    def layout(self) -> Layout:
        """Which features there are."""
        return self.made.layout

    @property
    def starts(self) -> Longs:
        """The rows of list l are starts[l] to starts[l + 1]: [lists + 1]."""
        return self.made.lists.starts

    def runs(self, rows: int = RUN) -> Iterator[slice]:
        """Lists in runs of about so many rows."""
        first = 0
        while first < len(self.users):
            wanted = np.searchsorted(self.starts, self.starts[first] + rows, "right") - 1
            last = max(int(wanted), first + 1)
            yield slice(first, last)
            first = last

    def features(self, lists: slice, threads: int) -> Table:
        """Features [rows, features] of a run of lists."""
        return self.made.features(lists, threads)


def of_block(making: Making, block: Block) -> Rows:
    """A block's `candidates`, `history`, `users` and ready features, by number."""
    layout, known, frame = making.layout, making.catalogue, block["candidates"]
    users, times, starts = _listed(frame)
    moments = np.full(len(users), known.now or 0, np.int64)
    if times is not None:
        moments = times.dt.epoch("us").to_numpy()
    none = frame.select("user_id", "item_id").clear()
    past = block.get("history", none)
    lists = _lists(layout, known, frame, users, starts, moments, past)
    at = np.repeat(moments, np.diff(starts))
    items, item_rows = known.table, lists.items
    if known.timeline:
        rows = known.rows[lists.items]
        counts = known.timeline.at(lists.items, at)
        if known.shown:
            counts = counts.beside(known.shown.at(lists.items, at))
        items = of_items(layout, Items(counts, rows, at))
        item_rows = np.arange(len(lists.items), dtype=np.int32)
    people = _people(users, block.get("users"))
    made = Made(
        layout,
        known.known,
        lists,
        of_candidates(
            layout, with_features(frame, making.stores, {**block, **making.held}, known.now), at
        ),
        items,
        item_rows,
        of_users(layout, known.known, lists, people),
    )
    return Rows(frame, users, np.equal(lists.items, len(known.ids)), made)


def _listed(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series | None, Longs]:
    """Whose each list is [lists], its moment where there are such, and its rows [lists + 1]."""
    if AS_OF not in frame.columns:
        run = frame["user_id"].rle().struct
        return run.field("value").alias("user_id"), None, _starts(run.field("len").to_numpy())
    if frame[AS_OF].null_count():
        raise RecliError(
            f"column '{AS_OF}' is empty in {frame[AS_OF].null_count()} candidates",
            "give each candidate its moment, or none of them",
        )
    run = frame.select(pl.struct("user_id", AS_OF).alias("")).to_series().rle().struct
    key = run.field("value").struct
    users = key.field("user_id").alias("user_id")
    return users, key.field(AS_OF), _starts(run.field("len").to_numpy())


def _starts(lengths: npt.NDArray[np.integer]) -> Longs:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _people(users: pl.Series, rows: pl.DataFrame | None) -> pl.DataFrame:
    frame = pl.DataFrame({"user_id": users})
    if rows is None:
        return frame
    first = rows.unique("user_id", keep="first", maintain_order=True)
    return frame.join(first, on="user_id", how="left", maintain_order="left")


def _lists(
    layout: Layout,
    known: Catalogue,
    frame: pl.DataFrame,
    users: pl.Series,
    starts: Longs,
    moments: Longs,
    events: pl.DataFrame,
) -> Lists:
    """Candidates beside the history; both are in the order of users."""
    columns, none = layout.columns, np.zeros(0, np.float32)
    distinct = users.rle().struct.field("value")
    events = events.filter(pl.col("user_id").is_in(distinct.implode()))
    runs = events["user_id"].rle()
    lengths = np.zeros(len(distinct), np.int64)
    lengths[numbers(runs.struct.field("value"), distinct)] = runs.struct.field("len").to_numpy()
    first, whose = _starts(lengths), numbers(users, distinct)
    ends = first[1:][whose]
    times = np.zeros(0, np.int64)
    if columns.timed or known.timeline:
        times = events["timestamp"].dt.epoch("us").to_numpy()
    if known.timeline or known.cut:
        ends = _before(first[:-1][whose], ends, times, moments)
    return Lists(
        starts,
        known.numbers(frame["item_id"]),
        frame["score"].to_numpy() if columns.listed else none,
        frame["rank"].to_numpy() if columns.listed else none.astype(np.int32),
        moments,
        first[:-1][whose],
        ends,
        known.numbers(events["item_id"]),
        times,
        events["rating"].fill_null(np.nan).to_numpy() if columns.rated else none,
    )


@njit(cache=True)
def _before(begins, ends, times, moments):  # type: ignore[no-untyped-def]
    """Where the events before each list's moment end: [lists]."""
    found = np.empty(len(begins), np.int64)
    for one in range(len(begins)):
        begin = begins[one]
        found[one] = begin + np.searchsorted(times[begin : ends[one]], moments[one])
    return found
