"""What truth leaves behind in lists and histories that should not know of it, as counts."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.lists import Rows, Starts, Values

Counts = npt.NDArray[np.int64]
Moments = npt.NDArray[np.int64]  # microseconds since 1970


@dataclass(frozen=True)
class InLists:
    """Of users who have a list and something relevant."""

    users: int
    items: int  # that their lists hold
    relevant: int  # items
    reached: int  # of these, how many stand anywhere in the list
    mixed: int  # users whose list holds relevant items and others
    parted: int  # of these, users with every relevant item before every other one


def in_lists(lists: Rows, truth: Rows, gains: Values, items: int) -> Counts:
    """The counts of InLists for a run of users, in its order; they may be added up."""
    counts = np.zeros(6, np.int64)
    scratch = np.full((2, items), -1, np.int32)
    _in_lists(lists.starts, lists.items, truth.starts, truth.items, gains, counts, scratch)
    return counts


@dataclass(frozen=True)
class InHistory:
    """Of users of truth."""

    rows: int  # of truth
    pairs: int  # of these, rows whose user and item stand in the history too
    same: int  # of these, rows with the same moment there
    later: int  # users whose history goes on after their first row of truth


def in_history(
    truth: Rows, moments: Moments | None, history: Rows, past: Moments | None, items: int
) -> Counts:
    """The counts of InHistory for a run of users; without moments the last two are 0.

    `moments` [rows of truth], `past` [rows of history].
    """
    counts = np.zeros(4, np.int64)
    timed = moments is not None and past is not None
    none = np.zeros(0, np.int64)
    _in_history(
        truth.starts,
        truth.items,
        moments if moments is not None and timed else none,
        history.starts,
        history.items,
        past if past is not None and timed else none,
        timed,
        counts,
        np.full((2, items), -1, np.int64),
        np.full(len(truth.items), -1, np.int64),
    )
    return counts


def earlier(truth: Starts, moments: Moments, made: Starts, made_at: Moments) -> int:
    """Users with a list made at a moment after their first row of truth."""
    return int(_earlier(truth, moments, made, made_at))


@njit(cache=True)
def _in_lists(  # type: ignore[no-untyped-def]
    starts, items, truth_starts, truth_items, gains, counts, mark
):
    for user in range(len(starts) - 1):
        relevant = 0
        for at in range(truth_starts[user], truth_starts[user + 1]):
            item = truth_items[at]
            if gains[at] > 0 and mark[0, item] != user:
                mark[0, item] = user
                relevant += 1
        if relevant == 0 or starts[user] == starts[user + 1]:
            continue
        reached = 0
        others = 0
        parted = True
        for at in range(starts[user], starts[user + 1]):
            item = items[at]
            if mark[1, item] == user:
                continue
            mark[1, item] = user
            if mark[0, item] == user:
                reached += 1
                parted = parted and others == 0
            else:
                others += 1
        mixed = reached > 0 and others > 0
        counts[0] += 1
        counts[1] += reached + others
        counts[2] += relevant
        counts[3] += reached
        counts[4] += mixed
        counts[5] += mixed and parted


@njit(cache=True)
def _in_history(  # type: ignore[no-untyped-def]
    truth_starts, truth_items, moments, starts, items, past, timed, counts, last, before
):
    """`last` holds a user and her last row of truth of each item, `before` the one before it."""
    for user in range(len(truth_starts) - 1):
        begin, end = truth_starts[user], truth_starts[user + 1]
        if begin == end:
            continue
        first = moments[begin] if timed else 0
        for at in range(begin, end):
            item = truth_items[at]
            before[at] = last[1, item] if last[0, item] == user else -1
            last[0, item] = user
            last[1, item] = at
            if timed:
                first = min(first, moments[at])
        found = np.zeros(end - begin, np.int8)
        later = False
        for row in range(starts[user], starts[user + 1]):
            later = later or (timed and past[row] > first)
            item = items[row]
            at = last[1, item] if last[0, item] == user else -1
            while at >= 0:
                if timed and moments[at] == past[row]:
                    found[at - begin] = 2
                elif found[at - begin] == 0:
                    found[at - begin] = 1
                at = before[at]
        counts[0] += end - begin
        counts[1] += (found > 0).sum()
        counts[2] += (found == 2).sum()
        counts[3] += later


@njit(cache=True)
def _earlier(truth, moments, made, made_at):  # type: ignore[no-untyped-def]
    users = 0
    for user in range(len(truth) - 1):
        if truth[user] == truth[user + 1] or made[user] == made[user + 1]:
            continue
        first = moments[truth[user] : truth[user + 1]].min()
        users += made_at[made[user] : made[user + 1]].max() > first
    return users
