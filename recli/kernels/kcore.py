"""The k-core of a bipartite graph: what is left when everything sparse is gone."""

import numpy as np
import numpy.typing as npt


def core(
    users: npt.NDArray[np.int32], items: npt.NDArray[np.int32], least_user: int, least_item: int
) -> npt.NDArray[np.bool_]:
    """Mask [rows] of the interactions in which users and items both have enough of them.

    Rows of sparse users and items are taken away again and again until nothing changes
    (Seidman, "Network structure and minimum degree", 1983): the result is the same in any order.

    >>> users, items = np.array([0, 0, 1, 1, 2], np.int32), np.array([0, 1, 0, 1, 1], np.int32)
    >>> core(users, items, 2, 2).tolist()
    [True, True, True, True, False]
    """
    rows = np.arange(len(users))
    while len(rows):
        enough = np.bincount(users[rows]) >= least_user
        rows_left = rows[enough[users[rows]]]
        enough = np.bincount(items[rows_left], minlength=1) >= least_item
        rows_left = rows_left[enough[items[rows_left]]]
        if len(rows_left) == len(rows):
            break
        rows = rows_left
    kept = np.zeros(len(users), np.bool_)
    kept[rows] = True
    return kept
