"""The first row in which a user names an item, for every row that names it again."""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.lists import Numbers, Starts


def first_rows(
    starts: Starts, items: Numbers, counted: npt.NDArray[np.bool_], known: int
) -> Starts:
    """The row [rows] to take a row's label from: the user's first of the same item.

    Only rows that are `counted` are looked at; the others are their own first. `known` items
    have a number.
    """
    found = np.arange(len(items))
    _first_rows(starts, items, counted, np.full(known, -1, np.int64), found)
    return found


@njit(cache=True)
def _first_rows(starts, items, counted, mark, found):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        for at in range(starts[user], starts[user + 1]):
            if counted[at]:
                item = items[at]
                if mark[item] < starts[user]:
                    mark[item] = at
                found[at] = mark[item]
