"""Non-negative factors of a sparse log whose gaps are zeros, the same bits for any threads.

    |X - U V^T|^2 + lambda (|U|^2 + |V|^2),   U >= 0, V >= 0

by hierarchical alternating least squares: Cichocki, Phan, "Fast local algorithms for large scale
nonnegative matrix and tensor factorizations", IEICE 2009, algorithm 2; every row for itself, as
Hsieh, Dhillon, "Fast coordinate descent methods with variable selection for non-negative matrix
factorization", KDD 2011, section 3. X is only ever multiplied, never filled.
"""

from collections.abc import Callable

import numpy as np
from numba import njit
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.products import gram, one_blas_thread
from recli.kernels.shapes import NonNegative, Vectors
from recli.kernels.svd import times, truncated_svd
from recli.kernels.threads import in_threads

RUN = 512  # rows that a thread takes at a time
CLOSE = np.float32(1e-5)  # a step this small beside the largest entry ends a row's sweeps


def fit(
    matrix: Matrix,
    way: NonNegative,
    *,
    factors: int,
    iterations: int,
    seed: int = 0,
    threads: int = 1,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Vectors, Vectors]:
    """Vectors of users [users, factors] and items [items, factors], float32, none negative.

    `matrix` float32 [users, items]. `report` is called after each sweep with its number and the
    objective, which is computed for this only.
    """
    across = sparse.csr_array(matrix.T)
    across.sort_indices()
    users, items = start(matrix, factors, seed, threads)
    for sweep in range(1, iterations + 1):
        users = improved(matrix, users, items, way.regularization, 1, threads)
        items = improved(across, items, users, way.regularization, 1, threads)
        if report is not None:
            report(sweep, loss(matrix, users, items, way.regularization, threads))
    # Users as a history of theirs would be folded in, so that both are served alike.
    return fold_in(matrix, items, way, threads), items


def start(matrix: Matrix, factors: int, seed: int, threads: int) -> tuple[Vectors, Vectors]:
    """Parts of the singular vectors that are positive, the rest random and small.

    Boutsidis, Gallopoulos, "SVD based initialization: a head start for nonnegative matrix
    factorization", Pattern Recognition 2008: of each pair of vectors the positive or the negative
    halves, whichever weigh more. Their zeros are made small, so that no sweep starts at a corner.
    """
    draw = np.random.default_rng(seed)
    known = min(factors, *matrix.shape)
    sides = _halves(*truncated_svd(matrix, known, seed, threads))
    level = np.sqrt(matrix.data.mean(dtype=np.float64) / factors) if matrix.nnz else 1.0
    full = []
    for side, length in zip(sides, matrix.shape, strict=True):
        small = 0.01 * level * draw.random((length, factors), np.float32)
        small[:, :known] = np.maximum(small[:, :known], side)
        full.append(small.astype(np.float32))
    return full[0], full[1]


def _halves(left: Vectors, values: Vectors, right: Vectors) -> tuple[Vectors, Vectors]:
    pairs = [(np.maximum(sign * left, 0), np.maximum(sign * right, 0)) for sign in (1, -1)]
    weights = [
        np.linalg.norm(users, axis=0) * np.linalg.norm(items, axis=0) for users, items in pairs
    ]
    first = weights[0] >= weights[1]
    users, items = (np.where(first, *sides) for sides in zip(*pairs, strict=True))
    weight = np.sqrt(values * np.where(first, *weights))
    lengths = (np.linalg.norm(side, axis=0) for side in (users, items))
    users, items = (
        side * (weight / np.where(length > 0, length, 1))
        for side, length in zip((users, items), lengths, strict=True)
    )
    return users, items


def improved(
    matrix: Matrix, vectors: Vectors, other: Vectors, penalty: float, sweeps: int, threads: int = 1
) -> Vectors:
    """Vectors [rows, factors] after some sweeps of coordinate descent, the other side fixed."""
    pulls = times(matrix, other, threads)  # X V
    with one_blas_thread():
        square = gram(other, threads).astype(np.float32)
    result = vectors.copy()

    def descend(first: int) -> None:
        run = slice(first, first + RUN)
        _descend(pulls[run], square, np.float32(penalty), sweeps, result[run])

    in_threads(descend, range(0, len(result), RUN), threads)
    return result


def fold_in(history: Matrix, items: Vectors, way: NonNegative, threads: int = 1) -> Vectors:
    """Vectors [rows, factors] of users from their histories: non-negative least squares."""
    nothing = np.zeros((history.shape[0], items.shape[1]), np.float32)
    return improved(history, nothing, items, way.regularization, way.sweeps, threads)


def loss(matrix: Matrix, users: Vectors, items: Vectors, penalty: float, threads: int) -> float:
    """The objective in float64."""
    with one_blas_thread():
        squares = [gram(side, threads) for side in (users, items)]
    crossed = float(np.einsum("rf,rf->", users, times(matrix, items, threads), dtype=np.float64))
    seen = float(np.square(matrix.data, dtype=np.float64).sum())
    sizes = float(np.trace(squares[0]) + np.trace(squares[1]))
    return seen - 2 * crossed + float((squares[0] * squares[1]).sum()) + penalty * sizes


@njit(cache=True, nogil=True)
def _descend(pulls, square, penalty, sweeps, result):  # type: ignore[no-untyped-def]
    """Improves rows in place, one entry after the other, each to its best value."""
    factors = square.shape[0]
    slope = np.empty(factors, np.float32)  # X V - U (V^T V), without the penalty
    for row in range(result.shape[0]):
        own = result[row]
        for factor in range(factors):
            slope[factor] = pulls[row, factor]
        for other in range(factors):
            if own[other] != 0:
                value, line = own[other], square[other]
                for factor in range(factors):
                    slope[factor] -= value * line[factor]
        for _ in range(sweeps):
            moved, largest = np.float32(0), np.float32(0)
            for factor in range(factors):
                before, width = own[factor], square[factor, factor] + penalty
                if width <= 0:
                    continue
                after = (slope[factor] + square[factor, factor] * before) / width
                after = max(after, np.float32(0))
                change = after - before
                if change != 0:
                    own[factor] = after
                    line = square[factor]
                    for other in range(factors):
                        slope[other] -= change * line[other]
                moved, largest = max(moved, abs(change)), max(largest, after)
            if moved <= CLOSE * largest:
                break
