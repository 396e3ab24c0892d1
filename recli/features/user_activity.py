"""How much a user does, for how long, how regularly and until when."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_lists import Lists
from recli.kernels.matrix import DAY

RECENT = 30  # days
NAMES = ("user_events", "user_items", "user_repeat_share")
TIMES = (f"user_events_{RECENT}d", "user_span_days", "user_quiet_days")


@dataclass(frozen=True)
class UserActivity(OfUsers):
    """Events of a user before the moment of the list."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """The last three want times."""
        return (*NAMES, *(TIMES if columns.timed else ())) if columns.met else ()

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """Days and the share of repeats are NaN for a user without a history."""
        out = np.full((len(lists), len(self.names(columns))), np.nan, np.float32)
        past = (lists.past_starts, lists.past_ends, lists.past_items, lists.past_times)
        _fill(*past, lists.moments, columns.timed, out)
        return out


@njit(cache=True, nogil=True)
def _fill(past_starts, past_ends, past_items, past_times, moments, timed, out):  # type: ignore[no-untyped-def]
    for one in range(len(moments)):
        begin, end = past_starts[one], past_ends[one]
        known = np.sort(past_items[begin:end])
        distinct = 0
        for at in range(len(known)):
            distinct += at == 0 or known[at] != known[at - 1]
        out[one, 0] = end - begin
        out[one, 1] = distinct
        if end > begin:
            out[one, 2] = 1 - distinct / (end - begin)
        if timed:
            recent = 0
            for event in range(begin, end):
                recent += moments[one] - past_times[event] < RECENT * DAY
            out[one, 3] = recent
            if end > begin:
                newest, oldest = past_times[begin:end].max(), past_times[begin:end].min()
                out[one, 4] = (newest - oldest) / DAY
                out[one, 5] = (moments[one] - newest) / DAY
