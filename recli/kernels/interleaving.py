"""Lists drawn from several sources in turn, so many places for each.

Each turn goes to the source that is furthest behind its share (the smooth weighted round-robin
of load balancers): of every `sum(quotas)` places each source gets its quota, spread evenly.
"""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.offers import Longs, Numbers, Offers


def interleaved(offers: Offers, quotas: Longs) -> Numbers:
    """The place from 1 of each pair [pairs] where sources take turns by quotas [sources].

    A source whose turn it is offers its best item that is not yet placed. One that has no more
    leaves its turns to the others; those of quota 0 come when all others have no more.
    """
    placed = np.zeros(len(offers.items), np.int32)
    _interleave(offers.starts, offers.lists, _pairs(offers), quotas, placed)
    return placed


def _pairs(offers: Offers) -> npt.NDArray[np.int32]:
    """The pair of each row [rows], -1 for a row that repeats an item."""
    pairs = np.full(len(offers.scores), -1, np.int32)
    for rows in offers.at:
        offered = np.flatnonzero(rows >= 0)
        pairs[rows[offered]] = offered
    return pairs


@njit(cache=True)
def _interleave(starts, lists, pairs, quotas, placed):  # type: ignore[no-untyped-def]
    sources = len(quotas)
    credit = np.empty(sources, np.int64)
    next_row = np.empty(sources, np.int64)
    for user in range(len(starts) - 1):
        credit[:] = 0
        for source in range(sources):
            next_row[source] = lists[source, user]
        for place in range(1, starts[user + 1] - starts[user] + 1):
            total = 0
            left = 0
            for source in range(sources):
                row, end = next_row[source], lists[source, user + 1]
                while row < end and (pairs[row] < 0 or placed[pairs[row]] > 0):
                    row += 1
                next_row[source] = row
                if row < end:
                    left += 1
                    total += quotas[source]
            chosen = -1
            for source in range(sources):
                if next_row[source] == lists[source, user + 1]:
                    continue
                credit[source] += quotas[source] if total > 0 else 1
                if chosen < 0 or credit[source] > credit[chosen]:
                    chosen = source
            # What is left when only quotas of 0 are is dealt out evenly.
            credit[chosen] -= total if total > 0 else left
            placed[pairs[next_row[chosen]]] = place
