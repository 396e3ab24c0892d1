"""Which places of lists hold what popularity alone would have offered."""

import numpy as np
from numba import njit

from recli.kernels.lists import Flags, Lists


def unexpected(lists: Lists, k: int) -> Flags:
    """Whether each place holds an item that is not of the k most popular the user has not chosen.

    [users, depth], False where a place holds nothing.
    """
    popular = lists.before.popular(k)
    found = np.zeros(lists.items.shape, np.bool_)
    mark = np.full(lists.known.count, -1, np.int32)
    _unexpected(lists.items, popular.starts, popular.items, found, mark)
    return found


@njit(cache=True)
def _unexpected(items, starts, popular, found, mark):  # type: ignore[no-untyped-def]
    for user in range(len(items)):
        for item in popular[starts[user] : starts[user + 1]]:
            mark[item] = user
        for place in range(items.shape[1]):
            item = items[user, place]
            found[user, place] = item >= 0 and mark[item] != user
