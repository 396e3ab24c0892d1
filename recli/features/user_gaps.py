"""How long a user pauses between events, and how her pause until now stands beside that."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_lists import Lists
from recli.kernels.matrix import DAY

NAMES = (
    "user_pause_days",  # their mean
    "user_pause_median_days",
    "user_pause_deviation_days",
    "user_quiet_pauses",  # time since the last event, in medians: above 1 she is overdue
)


@dataclass(frozen=True)
class UserGaps(OfUsers):
    """Pauses are between moments with an event: what came at once, as a basket, is one."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want times."""
        return NAMES if columns.timed else ()

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """NaN for a user without a pause."""
        out = np.full((len(lists), len(NAMES)), np.nan, np.float32)
        _fill(lists.past_starts, lists.past_ends, lists.past_times, lists.moments, out)
        return out


@njit(cache=True, nogil=True)
def _fill(past_starts, past_ends, past_times, moments, out):  # type: ignore[no-untyped-def]
    longest = 0
    for one in range(len(moments)):
        longest = max(longest, past_ends[one] - past_starts[one])
    held = np.empty(longest, np.int64)
    for one in range(len(moments)):
        count = 0
        for event in range(past_starts[one] + 1, past_ends[one]):
            pause = past_times[event] - past_times[event - 1]
            if pause > 0:
                held[count] = pause
                count += 1
        if count == 0:
            continue
        pauses = held[:count]
        last = past_times[past_ends[one] - 1]
        mean = (last - past_times[past_starts[one]]) / count
        squares = 0.0
        for pause in pauses:
            squares += (pause - mean) ** 2
        median = np.median(pauses)
        out[one, 0] = mean / DAY
        out[one, 1] = median / DAY
        out[one, 2] = np.sqrt(squares / count) / DAY
        out[one, 3] = (moments[one] - last) / median
