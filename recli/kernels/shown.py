"""Logs: rows that were shown to a run of users, what they clicked, and what they then did."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.lists import Flags, Rows, Starts, Values

EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Log:
    """Rows as they were shown: each counts, though it shows what another one did.

    A user's rows of one moment are a list; without moments all of them are.
    """

    rows: Rows
    places: Starts  # [rows] from 1
    clicked: Flags  # [rows]
    moments: Starts | None  # [rows] microseconds
    truth: Rows
    events: pl.Series | None  # [rows of truth] what each of them is
    times: Starts | None  # [rows of truth] microseconds
    held: dict[str, Starts] = field(default_factory=dict, repr=False)

    def of(self, first: int, last: int) -> "Log":
        """The log of some users in a run."""
        begin, end = self.rows.starts[[first, last]]
        own, theirs = self.truth.starts[[first, last]]
        return Log(
            Rows(self.rows.starts[first : last + 1] - begin, self.rows.items[begin:end]),
            self.places[begin:end],
            self.clicked[begin:end],
            None if self.moments is None else self.moments[begin:end],
            Rows(self.truth.starts[first : last + 1] - own, self.truth.items[own:theirs]),
            None if self.events is None else self.events[own:theirs],
            None if self.times is None else self.times[own:theirs],
        )

    def inside(self, k: int) -> Flags:
        """Whether each row stands in the first k places."""
        return self.places <= k

    def by_user(self, values: Values | Flags) -> Values:
        """Sums [users] of what rows come to."""
        users = len(self.rows.starts) - 1
        owners = np.repeat(np.arange(users), self.rows.lengths)
        return np.bincount(owners, values, minlength=users).astype(np.float64)

    def lists(self, k: int) -> Values:
        """Number of lists with a row in the first k places, of each user [users]."""
        found = np.zeros(len(self.rows.starts) - 1)
        moments = np.zeros(len(self.places), np.int64) if self.moments is None else self.moments
        for user in np.flatnonzero(self.rows.lengths):
            begin, end = self.rows.starts[user : user + 2]
            found[user] = len(np.unique(moments[begin:end][self.inside(k)[begin:end]]))
        return found

    def led_to(self, event: str) -> Starts:
        """How many rows of truth with an event each row led to [rows].

        A row of truth is put down to the last click on its item that was not later, if there is
        one (last-click attribution). Where there are no moments, to the last row. Where truth has
        no events, each of its rows is one.
        """
        if event not in self.held:
            wanted = np.ones(len(self.truth.items), np.bool_)
            if self.events is not None:
                wanted = (self.events == event).fill_null(value=False).to_numpy()
            timed = self.moments is not None and self.times is not None
            shown = self.moments if timed else np.zeros(len(self.places), np.int64)
            then = self.times if timed else np.full(len(wanted), EVER)
            found = np.zeros(len(self.places), np.int64)
            log = (self.rows.starts, self.rows.items, shown, self.clicked)
            _credit(*log, self.truth.starts, self.truth.items, then, wanted, found)
            self.held[event] = found
        return self.held[event]


@njit(cache=True)
def _credit(  # type: ignore[no-untyped-def]
    starts, items, shown, clicked, truth_starts, truth_items, then, wanted, found
):
    for user in range(len(starts) - 1):
        for at in range(truth_starts[user], truth_starts[user + 1]):
            if not wanted[at]:
                continue
            best = -1
            for row in range(starts[user], starts[user + 1]):
                same = clicked[row] and items[row] == truth_items[at] and shown[row] <= then[at]
                if same and (best < 0 or shown[row] >= shown[best]):
                    best = row
            if best >= 0:
                found[best] += 1
