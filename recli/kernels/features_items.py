"""What a history says of every item: how popular, since when, and whether it rises."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.matrix import DAY

Table = npt.NDArray[np.float32]

WINDOWS = (1, 7, 30)  # days
TREND = 7  # days of the window that is held against all time
_CHUNK = 1 << 21  # rows or items that are counted at a time
_FIXED = 1 << 20  # ratings are summed as whole numbers of this part: exact in any order


def names(*, timed: bool, rated: bool) -> list[str]:
    """Names of the features that `table` makes."""
    recent = [f"item_popularity_{days}d" for days in WINDOWS]
    times = [*recent, "item_trend", "item_age_days", "item_quiet_days"]
    return ["item_popularity", *(times if timed else []), *(["item_rating"] if rated else [])]


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


def table(counts: pl.DataFrame, now: int | None) -> Table:
    """Features [items, features] from the counts of the items, null where there are none.

    Shares of all events, so that they mean the same for a long and for a short history.
    """
    events = _filled(counts, "events")
    share = events / max(events.sum(), 1.0)
    parts = [share]
    if now is not None:
        for days in WINDOWS:
            recent = _filled(counts, f"{days}d")
            parts.append(recent / max(recent.sum(), 1.0))
        rising = parts[1 + WINDOWS.index(TREND)]
        parts.append(np.divide(rising, share, out=np.full(len(share), np.nan), where=share > 0))
        for end in ("first", "last"):
            parts.append((now - counts[end].cast(pl.Float64).fill_null(np.nan).to_numpy()) / DAY)
    if "rating" in counts.columns:
        rated = _filled(counts, "rated")
        mean = np.full(len(rated), np.nan)
        np.divide(_filled(counts, "rating") / _FIXED, rated, out=mean, where=rated > 0)
        parts.append(mean)
    return np.stack(parts, axis=1).astype(np.float32)


def _filled(counts: pl.DataFrame, name: str) -> npt.NDArray[np.float64]:
    return counts[name].cast(pl.Float64).fill_null(0.0).to_numpy()
