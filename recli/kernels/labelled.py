"""Scores of rows beside whether the rows are relevant, user by user."""

import numpy as np
from numba import njit

from recli.kernels.lists import Lists, Values


def counted(lists: Lists, threshold: float) -> tuple[Values, Values, Values, Values]:
    """Rows of each user [users] by whether the score says yes, and is right.

    True positives, true negatives, false positives and false negatives.
    """
    says = np.where(lists.there, lists.scores, -np.inf) >= threshold
    yes = (says & lists.hits).sum(axis=1, dtype=np.float64)
    wrong = says.sum(axis=1, dtype=np.float64) - yes
    missed = lists.found - yes
    return yes, lists.lengths - yes - wrong - missed, wrong, missed


def ordered_pairs(lists: Lists) -> tuple[Values, Values]:
    """Pairs of a relevant row and another one of the same user that are in order, and all pairs.

    Both [users]; of a pair that scores alike, half is in order.
    """
    users = len(lists.items)
    right, pairs = np.zeros(users), np.zeros(users)
    _ordered_pairs(lists.scores, lists.hits, lists.there, right, pairs)
    return right, pairs


@njit(cache=True)
def _ordered_pairs(scores, hits, there, right, pairs):  # type: ignore[no-untyped-def]
    width = scores.shape[1]
    own, relevant = np.empty(width), np.empty(width, np.bool_)
    for user in range(len(scores)):
        count, found = 0, 0
        for place in range(width):
            if there[user, place]:
                own[count], relevant[count] = scores[user, place], hits[user, place]
                found += relevant[count]
                count += 1
        pairs[user] = found * (count - found)
        if not pairs[user]:
            continue
        order = np.argsort(own[:count])
        below, at = 0, 0  # rows that are not relevant under this score
        while at < count:
            end, ours, others = at, 0, 0
            while end < count and own[order[end]] == own[order[at]]:
                ours += relevant[order[end]]
                others += not relevant[order[end]]
                end += 1
            right[user] += ours * (below + others / 2)
            below += others
            at = end
