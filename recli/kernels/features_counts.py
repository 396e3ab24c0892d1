"""How often items were met before a moment: streamed for one moment, or looked up for many."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.errors import RecliError
from recli.kernels.matrix import DAY

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

WINDOWS = (1, 7, 30)  # days
ENDS = ("first", "last")  # times of the first event and of the last
_CHUNK = 1 << 21  # rows or items that are counted at a time
_FIXED = 1 << 20  # ratings are summed as whole numbers of this part: exact in any order


@dataclass(frozen=True)
class Counts:
    """What is known of items [rows], and of all items together [rows] or [1].

    Names: `events`, `1d` and such of the windows, `rating` (their sum, in parts of _FIXED),
    `rated`, `shown` and `clicked` where there are impressions, and the times `first` and `last`
    in microseconds, NaN where there are no events.
    """

    of: Mapping[str, Doubles]
    totals: Mapping[str, Doubles]

    def share(self, name: str) -> Doubles:
        """Events of the item as a share of those of all items."""
        found: Doubles = self.of[name] / np.maximum(self.totals[name], 1.0)
        return found

    def rating(self, prior: float) -> Doubles:
        """Mean rating of each item, drawn to that of all by `prior` ratings of theirs."""
        return self.drawn("rating", "rated", prior) / _FIXED

    def drawn(self, name: str, per: str, prior: float) -> Doubles:
        """Ratio of two counts of each item, drawn to that of all by `prior` of the second."""
        every, count = self.totals[name], self.totals[per]
        mean = np.full(len(count), np.nan)
        np.divide(every, count, out=mean, where=count > 0)
        known = self.of[per] + prior
        sums = self.of[name] + (prior * mean if prior else 0.0)
        drawn = np.full(len(known), np.nan)
        np.divide(sums, known, out=drawn, where=known > 0)
        return drawn

    def beside(self, other: "Counts") -> "Counts":
        """These counts and others of the same rows."""
        return Counts({**self.of, **other.of}, {**self.totals, **other.totals})


def latest(batches: Iterable[pl.DataFrame]) -> int | None:
    """The last timestamp in microseconds: the moment of prediction. None without rows.

    Raises RecliError where a timestamp is missing.
    """
    ends: list[int] = []
    for batch in batches:
        if batch["timestamp"].null_count():
            raise RecliError(
                f"column 'timestamp' is empty in {batch['timestamp'].null_count()} events",
                "leave these events out, or the whole column",
            )
        if batch.height:
            ends.append(int(batch["timestamp"].dt.epoch("us").max()))  # type: ignore[arg-type]
    return max(ends, default=None)


def tally(batches: Iterable[pl.DataFrame], now: int | None) -> pl.DataFrame:
    """Counts of each item, sorted by `item_id`; with times where `now` is given.

    Memory grows with items, not with rows. The same for any order and cut of the rows.
    """
    held: list[pl.DataFrame] = []
    total: pl.DataFrame | None = None
    waiting = 0
    for batch in batches:
        held.append(batch)
        waiting += batch.height
        if waiting >= max(_CHUNK, 0 if total is None else total.height):
            total, held, waiting = _added(total, held, now), [], 0
    if held or total is None:
        total = _added(total, held, now)
    return total.sort("item_id")


def _added(total: pl.DataFrame | None, held: list[pl.DataFrame], now: int | None) -> pl.DataFrame:
    new = pl.concat(held)
    units = [pl.lit(1, pl.Int64).alias("events")]
    if now is not None:
        time = pl.col("timestamp").dt.epoch("us")
        units += [(now - time < days * DAY).cast(pl.Int64).alias(f"{days}d") for days in WINDOWS]
        units += [time.alias("first"), time.alias("last")]
    if "rating" in new.columns:
        fixed = (pl.col("rating").cast(pl.Float64) * _FIXED).round().cast(pl.Int64)
        units += [
            fixed.alias("rating"),
            pl.col("rating").is_not_null().cast(pl.Int64).alias("rated"),
        ]
    rows = new.select("item_id", *units)
    both = rows if total is None else pl.concat([total, _summed(rows)])
    return _summed(both)


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    ends = {"first": pl.col("first").min(), "last": pl.col("last").max()}
    return rows.group_by("item_id").agg(
        [ends.get(name, pl.col(name).sum()) for name in rows.columns if name != "item_id"]
    )


def counted(tallied: pl.DataFrame) -> Counts:
    """Counts of the items of a `tally`, in its order; null is none."""
    names = [name for name in tallied.columns if name != "item_id"]
    of = {
        name: tallied[name].cast(pl.Float64).fill_null(np.nan if name in ENDS else 0.0).to_numpy()
        for name in names
    }
    return Counts(of, {name: of[name].sum(keepdims=True) for name in names if name not in ENDS})


@dataclass(frozen=True)
class Timeline:
    """Every event of a history, so that counts can be had of any moment.

    Memory: 48 bytes an event.
    """

    starts: Longs  # [items + 1]
    times: Longs  # [events] of item i: starts[i] to starts[i + 1], rising
    ratings: Longs  # [events] added up over the item's events so far, in parts of _FIXED
    rated: Longs  # [events] how many of these have a rating
    every: Longs  # [events] all times, rising
    every_ratings: Longs  # [events] added up likewise
    every_rated: Longs  # [events]
    has_ratings: bool

    def at(self, items: npt.NDArray[np.int32], moments: Longs) -> Counts:
        """Counts of items [rows] in the events before moments [rows]."""
        of, totals = np.zeros((3 + len(WINDOWS) + 2, len(items))), np.zeros((6, len(items)))
        windows = np.array(WINDOWS, np.int64) * DAY
        cells = (self.starts, self.times, self.ratings, self.rated)
        every = (self.every, self.every_ratings, self.every_rated)
        _at(*cells, *every, windows, items, moments, of, totals)
        names = ["events", *(f"{days}d" for days in WINDOWS), "rating", "rated", *ENDS]
        if not self.has_ratings:
            names = [name if name not in ("rating", "rated") else "" for name in names]
        return Counts(
            {name: row for name, row in zip(names, of, strict=True) if name},
            {name: row for name, row in zip(names, totals, strict=False) if name},
        )


def timeline(
    items: npt.NDArray[np.int32], times: Longs, ratings: Doubles | None, count: int
) -> Timeline:
    """The events [events] of `count` items, in any order, ready to be counted."""
    order = np.lexsort((times, items))
    starts = np.concatenate([[0], np.cumsum(np.bincount(items, minlength=count))])
    worth = np.zeros(len(items)) if ratings is None else np.nan_to_num(ratings, nan=0.0)
    fixed = np.round(worth * _FIXED).astype(np.int64)
    told = np.zeros(len(items), np.int64) if ratings is None else ~np.isnan(ratings) * 1
    late = np.argsort(times, kind="stable")
    return Timeline(
        starts.astype(np.int64),
        times[order],
        np.cumsum(fixed[order]),
        np.cumsum(told[order]),
        times[late],
        np.cumsum(fixed[late]),
        np.cumsum(told[late]),
        ratings is not None,
    )


@njit(cache=True, nogil=True)
def _at(  # type: ignore[no-untyped-def]
    starts, times, ratings, rated, every, every_ratings, every_rated, windows, items, moments,
    of, totals,
):  # fmt: skip
    count = len(windows)
    for row in range(len(items)):
        begin, end = starts[items[row]], starts[items[row] + 1]
        last = begin + np.searchsorted(times[begin:end], moments[row])
        known = np.searchsorted(every, moments[row])
        of[0, row], totals[0, row] = last - begin, known
        for at in range(count):
            edge = moments[row] - windows[at]
            of[1 + at, row] = last - begin - np.searchsorted(times[begin:last], edge, "right")
            totals[1 + at, row] = known - np.searchsorted(every[:known], edge, "right")
        before = ratings[begin - 1] if begin > 0 else 0
        unrated = rated[begin - 1] if begin > 0 else 0
        of[1 + count, row] = ratings[last - 1] - before if last > begin else 0
        of[2 + count, row] = rated[last - 1] - unrated if last > begin else 0
        totals[1 + count, row] = every_ratings[known - 1] if known > 0 else 0
        totals[2 + count, row] = every_rated[known - 1] if known > 0 else 0
        of[3 + count, row] = times[begin] if last > begin else np.nan
        of[4 + count, row] = times[last - 1] if last > begin else np.nan
