"""How wide a user's taste is, and how popular what she takes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, Facts, OfUsers, Table
from recli.kernels.features_counts import Timeline
from recli.kernels.features_lists import Lists


@dataclass(frozen=True)
class UserDiversity(OfUsers):
    """Entropy of each category and list column over the history, and its mean popularity."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want a history."""
        if not columns.met:
            return ()
        kinds = [one.name for one in columns.items if one.kind in ("category", "list")]
        return (*(f"user_entropy.{kind}" for kind in kinds), "user_mainstream")

    def known(self, facts: Facts) -> Any:
        """What items carry, and how popular each is, or when it was met."""
        met = facts.met
        return facts.labels, met if isinstance(met, Timeline) else met.share("events")

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """NaN for a user whose history has none; popularity is that at the moment of the list."""
        carried, met = known
        out = np.full((len(lists), len(carried) + 1), np.nan, np.float32)
        past = (lists.past_starts, lists.past_ends, lists.past_items)
        for at, one in enumerate(carried):
            _entropy(*past, one.starts, one.codes, one.width, out[:, at])
        if isinstance(met, Timeline):
            _mainstream_at(*past, lists.moments, met.starts, met.times, met.every, out[:, -1])
        else:
            _mainstream(*past, met, out[:, -1])
        return out


@njit(cache=True, nogil=True)
def _entropy(past_starts, past_ends, past_items, starts, codes, width, out):  # type: ignore[no-untyped-def]
    """In nats, of the values of the history's items, each counted as often as it is met."""
    counts = np.zeros(width, np.int64)
    for one in range(len(out)):
        total = 0
        for event in range(past_starts[one], past_ends[one]):
            item = past_items[event]
            for cell in range(starts[item], starts[item + 1]):
                counts[codes[cell]] += 1
                total += 1
        if total == 0:
            continue
        entropy = 0.0
        for event in range(past_starts[one], past_ends[one]):
            item = past_items[event]
            for cell in range(starts[item], starts[item + 1]):
                share = counts[codes[cell]] / total
                if share > 0.0:
                    entropy -= share * np.log(share)
                counts[codes[cell]] = 0
        out[one] = entropy


@njit(cache=True, nogil=True)
def _mainstream(past_starts, past_ends, past_items, shares, out):  # type: ignore[no-untyped-def]
    for one in range(len(out)):
        total = 0.0
        for event in range(past_starts[one], past_ends[one]):
            total += shares[past_items[event]]
        if past_ends[one] > past_starts[one]:
            out[one] = total / (past_ends[one] - past_starts[one])


@njit(cache=True, nogil=True)
def _mainstream_at(  # type: ignore[no-untyped-def]
    past_starts, past_ends, past_items, moments, starts, times, every, out
):
    for one in range(len(out)):
        if past_ends[one] == past_starts[one]:
            continue
        met = 0
        for event in range(past_starts[one], past_ends[one]):
            begin, end = starts[past_items[event]], starts[past_items[event] + 1]
            met += np.searchsorted(times[begin:end], moments[one])
        events = past_ends[one] - past_starts[one]
        out[one] = met / events / np.searchsorted(every, moments[one])
