"""Stochastic gradient steps of SVD++, each exactly as the paper's, in a fixed order.

A rating is predicted as mean + b_u + b_i + q_i . (p_u + s_u), where s_u is |N(u)|^-1/2 times the
sum of y_j over the items j that the user rated (Koren, "Factorization meets the neighborhood",
KDD 2008, equation 15). A step of the paper moves every y_j of the user, by the same amount but
for its shrinkage: y_j <- a y_j + c, where a and c are those of the user and not of j. Steps are
therefore taken user by user: a and c are carried along, s_u moves exactly like p_u (because
|N(u)| times its weight squared is 1), and each y_j is written once when the user's ratings are
done. So a step costs as much as one without y. Users share items, so that one thread does it all.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.matrix import Matrix
from recli.kernels.shapes import Vectors
from recli.kernels.splitmix import GOLDEN, scramble

START = 0.1  # standard deviation of a number of a vector, times the root of their count


class Step(NamedTuple):
    """The learning rate of an epoch, and the L2 penalties of vectors and of biases."""

    rate: float
    vectors: float
    biases: float


class Parts(NamedTuple):
    """What is learned, float32; changed in place."""

    users: Vectors  # [users, factors] p
    items: Vectors  # [items, factors] q
    implicit: Vectors  # [items, factors] y
    user_biases: npt.NDArray[np.float32]  # [users]
    item_biases: npt.NDArray[np.float32]  # [items]


def learn(
    ratings: Matrix,
    mean: float,
    factors: int,
    steps: list[Step],
    seed: int,
    report: Callable[[str], None],
) -> Parts:
    """The parts after one epoch over the ratings [users, items] for each step."""
    random = np.random.default_rng(seed)
    users, items = ratings.shape
    parts = Parts(
        _start(users, factors, random),
        _start(items, factors, random),
        _start(items, factors, random),
        np.zeros(users, np.float32),
        np.zeros(items, np.float32),
    )
    given = ratings.indptr.astype(np.int64), ratings.indices.astype(np.int32), ratings.data
    for number, step in enumerate(steps, 1):
        order = random.permutation(users)
        key = random.integers(2**64, dtype=np.uint64)
        squares = epoch(*given, mean, parts, step, order, key)
        report(f"epoch {number}: training RMSE {np.sqrt(squares / max(ratings.nnz, 1)):.5f}")
    return parts


def _start(rows: int, factors: int, random: np.random.Generator) -> Vectors:
    scale = np.float32(START / np.sqrt(factors))
    return random.standard_normal((rows, factors), dtype=np.float32) * scale


def whole(ratings: Matrix, parts: Parts) -> Vectors:
    """Vectors p + s of the users, float32 [users, factors]."""
    own = parts.users.copy()
    add_rated(
        ratings.indptr.astype(np.int64), ratings.indices.astype(np.int32), parts.implicit, own
    )
    return own


@njit(cache=True, nogil=True)
def add_rated(starts, columns, implicit, vectors):  # type: ignore[no-untyped-def]
    """Adds to each vector [rows, factors] the weighed sum of the rows of what was rated."""
    total = np.empty(vectors.shape[1])
    for row in range(len(starts) - 1):
        total[:] = 0
        for at in range(starts[row], starts[row + 1]):
            for factor in range(len(total)):
                total[factor] += implicit[columns[at], factor]
        weight = 1 / np.sqrt(max(starts[row + 1] - starts[row], 1))
        for factor in range(len(total)):
            vectors[row, factor] += np.float32(weight * total[factor])


@njit(cache=True, nogil=True)
def _shuffled(start, stop, key):  # type: ignore[no-untyped-def]
    """The numbers from start to stop in random order."""
    order = np.arange(start, stop)
    state = key
    for last in range(len(order) - 1, 0, -1):
        state += GOLDEN
        other = np.int64(scramble(state) % np.uint64(last + 1))
        order[last], order[other] = order[other], order[last]
    return order


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"})
def epoch(starts, columns, ratings, mean, parts, step, order, key):  # type: ignore[no-untyped-def]
    """One step for each rating, in place; the sum of the squares of the errors before them."""
    p, q, y, user_biases, item_biases = parts
    factors = p.shape[1]
    rate = np.float32(step.rate)
    keep, keep_bias = np.float32(1 - step.rate * step.vectors), np.float32(step.rate * step.biases)
    own, rated = np.empty(factors, np.float32), np.empty(factors, np.float32)
    moved = np.empty(factors, np.float32)
    squares = 0.0
    for user in order:
        start, stop = starts[user], starts[user + 1]
        if start == stop:
            continue
        weight = np.float32(1 / np.sqrt(stop - start))
        own[:], rated[:], moved[:] = p[user], np.float32(0), np.float32(0)
        for at in range(start, stop):
            for f in range(factors):
                rated[f] += weight * y[columns[at], f]
        shrunk = np.float32(1)
        for at in _shuffled(start, stop, scramble(key + np.uint64(user) * GOLDEN)):
            item = columns[at]
            agreed = np.float32(0)
            for f in range(factors):
                agreed += q[item, f] * (own[f] + rated[f])
            error = np.float32(ratings[at] - mean - user_biases[user] - item_biases[item] - agreed)
            squares += np.float64(error) ** 2
            user_biases[user] += rate * error - keep_bias * user_biases[user]
            item_biases[item] += rate * error - keep_bias * item_biases[item]
            stride = rate * error
            for f in range(factors):
                was = q[item, f]
                q[item, f] = keep * was + stride * (own[f] + rated[f])
                own[f] = keep * own[f] + stride * was
                rated[f] = keep * rated[f] + stride * was
                moved[f] = keep * moved[f] + stride * weight * was
            shrunk *= keep
        p[user] = own
        for at in range(start, stop):
            for f in range(factors):
                y[columns[at], f] = shrunk * y[columns[at], f] + moved[f]
    return squares
