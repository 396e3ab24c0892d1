"""An order statistic of more numbers than fit in memory."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
BINS = 1 << 16


def nth(batches: Callable[[], Iterable[Numbers]], place: int) -> int:
    """The number at a place (from 0) of all numbers in ascending order, exactly.

    Each pass over the batches counts into 65,536 bins and keeps the one that holds the place:
    at most five passes for numbers of 64 bits, and half a megabyte of memory.

    >>> nth(lambda: [np.array([5, 1]), np.array([9, 5])], 2)
    5
    """
    edges = [(int(batch.min()), int(batch.max())) for batch in batches() if batch.size]
    low, high = min(edge[0] for edge in edges), max(edge[1] for edge in edges)
    before = 0
    while low < high:
        width = (high - low) // BINS + 1
        counts = np.zeros(BINS, np.int64)
        for batch in batches():
            inside = batch[(batch >= low) & (batch <= high)]
            # The difference of two numbers of 64 bits may need all 64 of them.
            above = (inside - np.int64(low)).view(np.uint64) // np.uint64(width)
            counts += np.bincount(above.astype(np.int64), minlength=BINS)
        at = int(np.searchsorted(np.cumsum(counts), place - before, side="right"))
        before += int(counts[:at].sum())
        low, high = low + at * width, min(high, low + (at + 1) * width - 1)
    return low
