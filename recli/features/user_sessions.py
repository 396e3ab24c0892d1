"""How a user comes: how often, at which hours, and what she did in the visit that goes on."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import polars as pl
from numba import njit

from recli.fields import POSITIVE
from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_lists import Lists
from recli.kernels.matrix import DAY

HOUR = DAY // 24
NAMES = ("user_sessions", "user_gap_days", "user_hour_share", "session_events")


@dataclass(frozen=True)
class UserSessions(OfUsers):
    """A session ends where nothing happens for longer than the gap."""

    session_gap: Annotated[float, "Seconds of the longest pause within one.", POSITIVE] = 1800.0

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want times."""
        return NAMES if columns.timed else ()

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """Sessions, days between them, the share of events at this hour, and the visit's events.

        Days are the mean between the starts; an hour counts with those next to it.
        """
        out = np.full((len(lists), len(NAMES)), np.nan, np.float32)
        gap = np.int64(self.session_gap * 1_000_000)
        _fill(lists.past_starts, lists.past_ends, lists.past_times, lists.moments, gap, out)
        return out


@njit(cache=True, nogil=True)
def _fill(past_starts, past_ends, past_times, moments, gap, out):  # type: ignore[no-untyped-def]
    for one in range(len(moments)):
        begin, end = past_starts[one], past_ends[one]
        hour = moments[one] % DAY // HOUR
        sessions, near, current = 0, 0, 0
        last_start = np.int64(0)
        for event in range(begin, end):
            time = past_times[event]
            if event == begin or time - past_times[event - 1] > gap:
                sessions += 1
                current = 0
                last_start = time
            current += 1
            apart = (time % DAY // HOUR - hour) % 24
            near += apart <= 1 or apart == 23
        out[one, 0] = sessions
        if sessions > 1:
            out[one, 1] = (last_start - past_times[begin]) / DAY / (sessions - 1)
        if end > begin:
            out[one, 2] = near / (end - begin)
        out[one, 3] = current if end > begin and moments[one] - past_times[end - 1] <= gap else 0
