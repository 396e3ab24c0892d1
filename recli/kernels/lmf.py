"""Logistic matrix factorization by AdaGrad, the same bits for any number of threads.

A user takes an item with the probability sigma(s), s = p . q + b_user + b_item. Gradient steps go
up, for all users and then for all items in turn,

    sum_observed alpha w ln sigma(s) + negatives sum_all n_user f_item ln sigma(-s)
        - regularization / 2 (sum_users |x|^2 + sum_items |y|^2)

with w the weight of an interaction, n_user the number of a user's items, and f_item shares of
popularity that add up to 1. Its second sum is over all pairs, seen ones as well, as in the paper
(equation 4); it is estimated from pairs drawn anew for each row and step, so many for each pair
seen. Each row has its own stream of random numbers, so it is the seed alone that decides.

Johnson, "Logistic matrix factorization for implicit feedback data", NIPS 2014 workshop on
distributed machine learning and matrix computations, section 3 (sampling: 3.3).
"""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.lmf_ascent import Side, Step, ascend
from recli.kernels.shapes import LogisticFoldIn, Vectors
from recli.kernels.splitmix import scramble
from recli.kernels.threads import in_threads

TASKS = 128  # parts of about equal work that threads take in turn
START_LENGTH = 0.1  # expected length of a vector before the first step
USER, ITEM = -1, -2  # the coordinate that is always 1; the other of the two is the row's bias


def shares(counts: npt.NDArray[np.int64], exponent: float) -> npt.NDArray[np.float32]:
    """Chance of each item to be drawn as a negative, float32 [items]: f^exponent / sum f^exponent.

    An item that nobody took is never drawn.
    """
    popularity = np.where(counts > 0, counts.astype(np.float64) ** exponent, 0.0)
    found: npt.NDArray[np.float32] = popularity / max(popularity.sum(), 1.0)
    return found.astype(np.float32)


def user_side(matrix: sparse.csr_array, way: LogisticFoldIn) -> Side:
    """Users [users, items]: as many negatives for each pair seen."""
    return Side(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32),
        (way.alpha * matrix.data).astype(np.float32),
        way.negatives * np.diff(matrix.indptr).astype(np.float64),
        *_searchable(way.shares),
    )


def item_side(matrix: sparse.csr_array, way: LogisticFoldIn) -> Side:
    """Items, with the same weight for a pair not seen as the users' side gives it."""
    across = sparse.csr_array(matrix.T)
    return Side(
        across.indptr.astype(np.int64),
        across.indices.astype(np.int32),
        (way.alpha * across.data).astype(np.float32),
        way.negatives * matrix.nnz * way.shares.astype(np.float64),
        *_searchable(np.diff(matrix.indptr)),
    )


def _searchable(chances: npt.NDArray[Any]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Running sums, and the first place that reaches each of as many equal shares of the sum."""
    mass = np.cumsum(chances, dtype=np.float64)
    shares = np.arange(len(mass)) / max(len(mass), 1)
    return mass, np.searchsorted(mass, shares * mass[-1:]).astype(np.int64)


def tasks(side: Side) -> list[tuple[int, int]]:
    """Ranges of rows of about equal work."""
    work = np.concatenate(([0.0], np.cumsum(np.diff(side.starts) + side.push)))
    cuts = np.searchsorted(work, np.linspace(0, work[-1], TASKS + 1))
    cuts = np.unique(np.concatenate(([0], cuts, [len(side.push)])))
    return list(pairwise(np.minimum(cuts, len(side.push)).tolist()))


def start(rows: int, factors: int, constant: int, random: np.random.Generator) -> Vectors:
    """Small normal vectors with a bias of 0 and a 1: float32 [rows, factors + 2]."""
    scale = np.float32(START_LENGTH / math.sqrt(factors))
    vectors = np.zeros((rows, factors + 2), np.float32)
    vectors[:, :factors] = random.standard_normal((rows, factors), dtype=np.float32) * scale
    vectors[:, constant] = 1
    return vectors


def fit(
    matrix: sparse.csr_array,
    way: LogisticFoldIn,
    *,
    factors: int,
    seed: int,
    threads: int,
    report: Callable[[str], None],
) -> tuple[Vectors, Vectors]:
    """Vectors of users [p, b, 1] and items [q, 1, b]: float32 [rows, factors + 2] each.

    `matrix` holds positive weights, [users, items]. An item without an entry stays where it began.
    """
    random = np.random.default_rng(seed)
    users = start(matrix.shape[0], factors, USER, random)
    items = start(matrix.shape[1], factors, ITEM, random)
    by_user, by_item = user_side(matrix, way), item_side(matrix, way)
    squares = np.zeros_like(users), np.zeros_like(items)
    pairs = max((1 + way.negatives) * matrix.nnz, 1)
    for sweep in range(1, way.iterations + 1):
        keys = random.integers(2**64, size=2, dtype=np.uint64)
        _half_sweep(by_user, users, items, squares[0], _streams(keys[0], users), way, USER, threads)
        found = _half_sweep(
            by_item, items, users, squares[1], _streams(keys[1], items), way, ITEM, threads
        )
        report(f"sweep {sweep}: loss {-found / pairs:.4f}")
    return users, items


def _streams(key: np.uint64, rows: Vectors) -> npt.NDArray[np.uint64]:
    """A stream for each row; the key is a random number, and sums wrap around."""
    return key + np.arange(len(rows), dtype=np.uint64)


def _half_sweep(
    side: Side,
    free: Vectors,
    fixed: Vectors,
    squares: Vectors,
    streams: npt.NDArray[np.uint64],
    way: LogisticFoldIn,
    constant: int,
    threads: int,
) -> float:
    """One step of all rows of one side, in place, and the likelihood before it."""
    tally = np.zeros(len(free))
    step = Step(np.float32(way.learning_rate), np.float32(way.regularization), constant)
    given = (side, free, fixed, squares, streams, step, tally)
    in_threads(lambda task: ascend(*given, *task), tasks(side), threads)
    return float(tally.sum())


def fold_in(
    history: sparse.csr_array, items: Vectors, way: LogisticFoldIn, threads: int = 1
) -> Vectors:
    """Vectors of users unseen in training, float32 [rows, factors + 2]: all steps, items fixed.

    All users draw from one stream, so that a user's vector does not depend on who else is asked.
    """
    users = np.zeros((history.shape[0], items.shape[1]), np.float32)
    users[:, USER] = 1
    side, squares = user_side(history, way), np.zeros_like(users)
    for sweep in range(way.iterations):
        streams = np.full(len(users), scramble(np.uint64(sweep)), np.uint64)
        _half_sweep(side, users, items, squares, streams, way, USER, threads)
    return users
