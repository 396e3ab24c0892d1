"""How much of what users wanted a stage of a funnel holds, wherever it stands in their lists."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.lists import Rows, Values

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Reach:
    """What the lists of a run of users hold, each item once."""

    reached: Counts  # [users] relevant items
    kept: Counts  # [users] of these, such as the stage before held too
    invented: Counts  # [users] items, relevant or not, that the stage before did not hold
    lost_new: Counts  # [users] relevant items that are lost, and that nobody chose in the history
    lost_seen: Counts  # [users] such as the user chose in the history
    gains: Values  # [users, depth] of the relevant items that it holds, falling, then 0


@dataclass(frozen=True)
class Wanted:
    """What some users turned out to want, and what the history tells of it."""

    truth: Rows
    gains: Values  # [rows of truth]; of a pair that it repeats the largest, <= 0 is not relevant
    history: Rows
    chosen: npt.NDArray[np.bool_]  # [items] whether anybody chose it in the history


def reach(lists: Rows, before: Rows | None, wanted: Wanted, depth: int) -> Reach:
    """What lists hold of what users wanted, and of the lists `before`.

    Before the first stage is everything: what it holds it keeps, and it invents nothing.
    """
    users = len(lists.starts) - 1
    counts, found = np.zeros((5, users), np.int64), np.zeros((users, depth))
    past = lists if before is None else before
    items = len(wanted.chosen)
    marks = np.full((5, items), -1, np.int32), np.zeros(items)
    _reach(
        *(lists.starts, lists.items, past.starts, past.items, before is None),
        *(wanted.truth.starts, wanted.truth.items, wanted.gains),
        *(wanted.history.starts, wanted.history.items, wanted.chosen),
        *marks,
        counts,
        found,
    )
    return Reach(counts[0], counts[1], counts[2], counts[3], counts[4], found)


@njit(cache=True)
def _reach(  # type: ignore[no-untyped-def]
    starts, items, past_starts, past_items, whole, truth_starts, truth_items, gains,
    history_starts, history_items, chosen, mark, best, counts, found,
):  # fmt: skip
    """Rows of `mark`, of the last user each: wanted, before, here, in the history, looked at."""
    for user in range(len(starts) - 1):
        for at in range(truth_starts[user], truth_starts[user + 1]):
            item = truth_items[at]
            if gains[at] > 0:
                known = mark[0, item] == user
                best[item] = max(best[item], gains[at]) if known else gains[at]
                mark[0, item] = user
        for at in range(past_starts[user], past_starts[user + 1]):
            mark[1, past_items[at]] = user
        held = np.zeros(truth_starts[user + 1] - truth_starts[user])
        count = 0
        for at in range(starts[user], starts[user + 1]):
            item = items[at]
            if mark[2, item] == user:
                continue
            mark[2, item] = user
            counts[2, user] += mark[1, item] != user
            if mark[0, item] == user:
                held[count] = best[item]
                count += 1
                counts[1, user] += mark[1, item] == user
        counts[0, user] = count
        for at in range(history_starts[user], history_starts[user + 1]):
            mark[3, history_items[at]] = user
        for at in range(truth_starts[user], truth_starts[user + 1]):
            item = truth_items[at]
            if gains[at] <= 0 or mark[4, item] == user:
                continue
            mark[4, item] = user
            if (whole or mark[1, item] == user) and mark[2, item] != user:
                counts[3, user] += not chosen[item]
                counts[4, user] += mark[3, item] == user
        falling = -np.sort(-held[:count])
        for at in range(min(count, found.shape[1])):
            found[user, at] = falling[at]
