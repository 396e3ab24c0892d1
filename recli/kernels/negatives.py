"""Items that a user is not known to like, drawn from streams that no thread shares."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.splitmix import GOLDEN, fraction, scramble

TRIES = 32  # draws before giving up: the user knows nearly everything


class Known(NamedTuple):
    """What each user is known to like: compressed sparse rows with sorted items."""

    starts: npt.NDArray[np.int64]  # [users + 1]
    items: npt.NDArray[np.int32]  # [pairs]
    visits: npt.NDArray[np.float64]  # [pairs] expected visits an epoch


class Pool(NamedTuple):
    """Items to draw from, block by block."""

    bounds: npt.NDArray[np.int64]  # [blocks + 1] where each block starts
    items: npt.NDArray[np.int32]  # [items]
    mass: npt.NDArray[np.float64]  # [items] running sum of the sampling weights


@njit(cache=True, nogil=True)
def below(number: Any, end: int) -> Any:
    """The upper bits of a uint64 as an integer in [0, end), for an end under 2^32."""
    return np.int64(((number >> np.uint64(32)) * np.uint64(end)) >> np.uint64(32))


@njit(cache=True, nogil=True)
def position(values: Any, value: Any, low: int, high: int) -> int:
    """First place in sorted values[low:high] whose value is at least `value`, or `high`."""
    # Halving a length instead of moving two ends leaves no branch to mispredict.
    length = high - low
    while length > 0:
        half = (length + 1) // 2
        low += half if values[low + half - 1] < value else 0
        length -= half
    return low


@njit(cache=True, nogil=True)
def draw_negative(user: int, block: int, known: Known, pool: Pool, state: Any) -> Any:
    """An item of the block that the user is not known to like, or -1, and the stream's new state.

    Items are drawn in proportion to their weight in the pool and rejected when known.
    """
    low, high = pool.bounds[block], pool.bounds[block + 1]
    base = pool.mass[low - 1] if low > 0 else 0.0
    total = pool.mass[high - 1] - base
    end = known.starts[user + 1]
    for _ in range(TRIES):
        state += GOLDEN
        # 1 - fraction lies in (0, 1], so that an item without weight is not found.
        target = base + (1.0 - fraction(scramble(state))) * total
        item = np.int64(pool.items[position(pool.mass, target, low, high - 1)])
        place = position(known.items, item, known.starts[user], end)
        if place == end or known.items[place] != item:
            return item, state
    return np.int64(-1), state
