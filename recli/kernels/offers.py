"""What several sources offer the users of a block, laid side by side pair by pair."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Longs = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Offers:
    """Pairs of a user and an item that at least one source offers, a user's pairs together.

    Rows are those of all sources, one source after the other. Memory: 4 bytes a source and
    12 more for each pair, 24 bytes a row.
    """

    starts: Longs  # [users + 1] the pairs of user u are starts[u] to starts[u + 1]
    items: Numbers  # [pairs] item numbers, in the order of the ids
    at: Numbers  # [sources, pairs] row in which the source offers it, -1 where it does not
    lists: Longs  # [sources, users + 1] the rows of user u are lists[s, u] to lists[s, u + 1]
    scores: Floats  # [rows] as the source gave them
    places: Numbers  # [rows] from 1, without gaps; 0 for a row that repeats an item of its list
    count: int  # item numbers are below it
    lengths: Longs  # [users] events of the history of each, 0 without one

    def ties(self) -> Longs:
        """What pairs of one score are ordered by [pairs]: their best place, then the item."""
        best, _ = best_places(self)
        return best.astype(np.int64) * self.count + self.items


def laid(lists: Longs, items: Numbers, scores: Floats, count: int, lengths: Longs) -> Offers:
    """The offers of lists [sources, users + 1] of item numbers [rows] with scores [rows].

    An item that a list repeats counts once, at its first place. A user's pairs come in the
    order in which the sources first offer them.
    """
    users, rows = lists.shape[1] - 1, len(items)
    at = np.full((len(lists), rows), -1, np.int32)
    paired, places = np.empty(rows, np.int32), np.zeros(rows, np.int32)
    starts = np.zeros(users + 1, np.int64)
    _lay(lists, items, np.full(count, -1, np.int64), starts, paired, at, places)
    pairs = int(starts[-1])
    kept = np.ascontiguousarray(at[:, :pairs])
    return Offers(starts, paired[:pairs].copy(), kept, lists, scores, places, count, lengths)


@njit(cache=True)
def _lay(lists, items, mark, starts, paired, at, places):  # type: ignore[no-untyped-def]
    pair = 0
    for user in range(len(starts) - 1):
        for source in range(len(lists)):
            place = 0
            for row in range(lists[source, user], lists[source, user + 1]):
                item = items[row]
                slot = mark[item]
                if slot < starts[user]:  # of an earlier user, or of none
                    slot = pair
                    mark[item] = slot
                    paired[slot] = item
                    pair += 1
                if at[source, slot] < 0:
                    place += 1
                    at[source, slot] = row
                    places[row] = place
        starts[user + 1] = pair


def best_places(offers: Offers) -> tuple[Numbers, Numbers]:
    """The first place of each pair [pairs] over the sources, and the first source that gives it."""
    best = np.empty(len(offers.items), np.int32)
    source = np.empty(len(offers.items), np.int32)
    _best(offers.at, offers.places, best, source)
    return best, source


@njit(cache=True)
def _best(at, places, best, first):  # type: ignore[no-untyped-def]
    for pair in range(at.shape[1]):
        best[pair] = np.int32(2147483647)
        for source in range(at.shape[0]):
            row = at[source, pair]
            if row >= 0 and places[row] < best[pair]:
                best[pair] = places[row]
                first[pair] = source
