"""What items were shown, and what was clicked: at one moment, or looked up for many."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.kernels.features_counts import Counts, Doubles, Longs
from recli.kernels.matrix import Ids, numbers

Part = tuple[pl.DataFrame, pl.DataFrame]  # impressions and, with the time of the click, clicks
PAIR = ["user_id", "item_id"]


def clicked(impressions: pl.DataFrame, events: pl.DataFrame, *, timed: bool) -> pl.DataFrame:
    """Those of some users' impressions that were clicked, each with the time of the click.

    It is clicked by the first event of its user with its item, at its time or later, that comes
    before the two are brought together again; without times, by any event of both.
    """
    if not timed:
        return impressions.join(events, on=PAIR, how="semi")
    shown = impressions.select(*PAIR, "timestamp").sort("timestamp").with_row_index("shown")
    found = events.select(*PAIR, "timestamp").sort("timestamp")
    found = found.join_asof(shown, on="timestamp", by=PAIR, check_sortedness=False)
    return found.drop_nulls("shown").unique("shown", keep="first", maintain_order=True)


def added(tallied: pl.DataFrame, parts: Iterable[Part]) -> pl.DataFrame:
    """A `features_counts.tally` with how often each item was `shown` and `clicked`.

    Memory grows with items, not with impressions.
    """
    counts = [pl.lit(0, pl.Int64).alias(name) for name in ("shown", "clicked")]
    total = tallied.select("item_id", *counts)
    for shown, clicks in parts:
        rows = [
            frame.select("item_id", shown=pl.lit(one, pl.Int64), clicked=pl.lit(1 - one, pl.Int64))
            for one, frame in ((1, shown), (0, clicks))
        ]
        total = pl.concat([total, *rows]).group_by("item_id").agg(pl.col("shown", "clicked").sum())
    return total.join(tallied, on="item_id", how="left").sort("item_id")


@dataclass(frozen=True)
class Track:
    """When something was done with each item, so that it can be counted at any moment."""

    starts: Longs  # [items + 1]
    times: Longs  # [events] of item i: starts[i] to starts[i + 1], rising
    every: Longs  # [events] all times, rising

    @staticmethod
    def of(events: pl.DataFrame, ids: Ids) -> "Track":
        """The track of some events of items, in any order."""
        items = numbers(events["item_id"], ids)
        times = events["timestamp"].dt.epoch("us").to_numpy()
        order = np.lexsort((times, items))
        starts = np.searchsorted(items[order], np.arange(len(ids) + 2))
        return Track(starts.astype(np.int64), times[order], np.sort(times))

    def before(self, items: npt.NDArray[np.int32], moments: Longs) -> tuple[Doubles, Doubles]:
        """How often with each item [rows], and with any, before moments [rows]."""
        of, every = np.empty(len(items)), np.searchsorted(self.every, moments)
        _before(self.starts, self.times, items, moments, of)
        return of, every.astype(np.float64)


@dataclass(frozen=True)
class Shown:
    """Every impression and click. Memory: 16 bytes for each."""

    shown: Track
    clicked: Track

    @staticmethod
    def of(shown: pl.DataFrame, clicks: pl.DataFrame, ids: Ids) -> "Shown":
        """All that was shown and clicked, in any order."""
        return Shown(Track.of(shown, ids), Track.of(clicks, ids))

    def at(self, items: npt.NDArray[np.int32], moments: Longs) -> Counts:
        """Counts of items [rows] before moments [rows]."""
        shown, clicked = self.shown.before(items, moments), self.clicked.before(items, moments)
        pairs = zip(shown, clicked, strict=True)
        of, totals = ({"shown": one, "clicked": other} for one, other in pairs)
        return Counts(of, totals)


@njit(cache=True, nogil=True)
def _before(starts, times, items, moments, of):  # type: ignore[no-untyped-def]
    for row in range(len(items)):
        begin, end = starts[items[row]], starts[items[row] + 1]
        of[row] = np.searchsorted(times[begin:end], moments[row])
