"""Lists put in the order of new scores and cut to their first k."""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.threads import in_threads

_RUN = 256  # users whose lists one thread takes at a time


def first_k(
    starts: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
    ties: npt.NDArray[np.int64],
    k: int,
    threads: int = 1,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Row numbers and ranks from 1 of each user's k best rows, best first.

    The rows of user u are starts[u] to starts[u + 1]. Equal scores go by `ties`, then by row;
    a score that is not finite is left out. Returns int64 [kept] and int32 [kept].

    >>> scores = np.array([1, 3, 3, np.nan, 2], np.float32)
    >>> first_k(np.array([0, 4, 5]), scores, np.array([0, 2, 1, 0, 0]), 2)
    (array([2, 1, 4]), array([1, 2, 1], dtype=int32))
    """
    longest = int(np.diff(starts).max(initial=0))
    order = np.full((len(starts) - 1, min(k, longest)), -1, np.int64)
    runs = range(0, len(order), _RUN)
    in_threads(lambda first: _best(first, starts, scores, ties, order), runs, threads)
    users, places = np.nonzero(order >= 0)
    return order[users, places], (places + 1).astype(np.int32)


@njit(cache=True, nogil=True)
def _best(first, starts, scores, ties, order):  # type: ignore[no-untyped-def]
    for user in range(first, min(first + _RUN, len(starts) - 1)):
        begin, end = starts[user], starts[user + 1]
        by_tie = np.argsort(ties[begin:end], kind="mergesort")
        falling = np.empty(end - begin, np.float32)
        count = 0
        for at in by_tie:
            if np.isfinite(scores[begin + at]):
                falling[count] = -scores[begin + at]
                by_tie[count] = at
                count += 1
        best = np.argsort(falling[:count], kind="mergesort")
        for place in range(min(count, order.shape[1])):
            order[user, place] = begin + by_tie[best[place]]
