"""How often a user met the item before, and how long ago."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from recli.kernels.features import Columns, OfPairs, Table
from recli.kernels.features_lists import Lists
from recli.kernels.matrix import DAY


@dataclass(frozen=True)
class Seen(OfPairs):
    """Bought before, and when."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """The second wants times."""
        if not columns.met:
            return ()
        return ("seen_events", *(["seen_days_ago"] if columns.timed else []))

    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """Days are NaN for an item that is new to its user."""
        past = (lists.past_starts, lists.past_ends, lists.past_items, lists.past_times)
        _fill(lists.starts, lists.items, lists.moments, *past, columns.timed, out)


@njit(cache=True, nogil=True)
def _fill(starts, items, moments, past_starts, past_ends, past_items, past_times, timed, out):  # type: ignore[no-untyped-def]
    for one in range(len(moments)):
        begin, end = past_starts[one], past_ends[one]
        order = np.argsort(past_items[begin:end], kind="mergesort")
        known = past_items[begin:end][order]
        for row in range(starts[one], starts[one + 1]):
            low = np.searchsorted(known, items[row])
            high = low
            newest = np.int64(0)
            while high < len(known) and known[high] == items[row]:
                if timed:
                    time = past_times[begin + order[high]]
                    newest = time if high == low else max(newest, time)
                high += 1
            out[row, 0] = high - low
            if timed:
                out[row, 1] = (moments[one] - newest) / DAY if high > low else np.nan
