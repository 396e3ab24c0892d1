"""The pairs and negatives of one epoch, dealt into the cells of a user x item grid.

Two cells that share neither a block of users nor a block of items touch different vectors, so the
cells of one diagonal can be walked by different threads at once without a race (Gemulla et al.,
"Large-scale matrix factorization with distributed stochastic gradient descent", KDD 2011).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.negatives import Known, Pool
from recli.kernels.splitmix import GOLDEN, fraction, scramble


class Visits(NamedTuple):
    """The pairs of one epoch, grouped by cell."""

    bounds: npt.NDArray[np.int64]  # [blocks * blocks + 1] where each cell starts
    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]


class Grid(NamedTuple):
    """One epoch: what to visit, what to compare it with, and the key of its random numbers."""

    visits: Visits
    pool: Pool
    key: np.uint64


def known_likes(matrix: sparse.csr_array) -> Known:
    """The pairs of a matrix [users, items], expecting visits in proportion to their weights.

    The mean is one visit an epoch; a pair without positive weight is never visited, and never a
    negative either.
    """
    weights = np.maximum(matrix.data.astype(np.float64), 0.0)
    visits = weights / max(weights.mean(), np.finfo(np.float64).tiny)
    return Known(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), visits)


def item_pool(
    popularity: npt.NDArray[np.float64], blocks: int, random: np.random.Generator
) -> tuple[Pool, npt.NDArray[np.int32]]:
    """Items dealt into blocks of equal size, weighed by popularity [items]; each one's block."""
    items = random.permutation(len(popularity)).astype(np.int32)
    bounds = np.arange(blocks + 1) * len(items) // blocks
    block = np.empty(len(items), np.int32)
    block[items] = np.repeat(np.arange(blocks, dtype=np.int32), np.diff(bounds))
    return Pool(bounds, items, np.cumsum(popularity[items])), block


@njit(cache=True, nogil=True)
def deal_visits(known: Known, user_block: Any, item_block: Any, blocks: int, key: Any) -> Visits:
    """The visits of one epoch, grouped by cell.

    A pair that expects x visits gets floor(x) of them, or one more with probability
    x - floor(x): a weight decides how often a pair is seen, not how far a step goes.
    """
    bounds = np.zeros(blocks * blocks + 1, np.int64)
    repeats = np.empty(len(known.items), np.int32)
    for user in range(len(known.starts) - 1):
        for pair in range(known.starts[user], known.starts[user + 1]):
            chance = fraction(scramble(key + np.uint64(pair) * GOLDEN))
            repeats[pair] = np.int32(known.visits[pair] + chance)
            bounds[user_block[user] * blocks + item_block[known.items[pair]] + 1] += repeats[pair]
    bounds = np.cumsum(bounds)
    users, items = np.empty(bounds[-1], np.int32), np.empty(bounds[-1], np.int32)
    ends = bounds.copy()
    for user in range(len(known.starts) - 1):
        for pair in range(known.starts[user], known.starts[user + 1]):
            cell = user_block[user] * blocks + item_block[known.items[pair]]
            for _ in range(repeats[pair]):
                users[ends[cell]], items[ends[cell]] = user, known.items[pair]
                ends[cell] += 1
    return Visits(bounds, users, items)


def deal_grid(
    known: Known,
    popularity: npt.NDArray[np.float64],
    blocks: int,
    random: np.random.Generator,
) -> Grid:
    """A fresh grid of blocks x blocks cells; `popularity` [items] weighs items as negatives."""
    users = len(known.starts) - 1
    user_block = (random.permutation(users) % blocks).astype(np.int32)
    pool, item_block = item_pool(popularity, blocks, random)
    key = random.integers(2**64, dtype=np.uint64)
    return Grid(deal_visits(known, user_block, item_block, blocks, key), pool, key)
