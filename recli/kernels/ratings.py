"""Least squares on ratings that were given, the same bits for any number of threads.

A vector of a user is [p, 1, mean + b_u], of an item [q, b_i, 1]: their dot product is the
predicted rating mean + b_u + b_i + p . q. Of a model without biases b is 0. What is made least,
with n the ratings of a row and e the errors of the ratings given, is

    sum e^2 + sum_rows n^nu (regularization |vector|^2 + bias_regularization b^2)

Koren, Bell, Volinsky: Matrix factorization techniques for recommender systems, Computer 2009
(equation 5). Zhou, Wilkinson, Schreiber, Pan: Large-scale parallel collaborative filtering for
the Netflix prize, AAIM 2008 (alternating exact solutions, a penalty in proportion to n).
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.products import one_blas_thread, parallel
from recli.kernels.shapes import RatingFoldIn, Vectors

Values = npt.NDArray[np.float64]

ROWS = 64  # rows that a thread takes at a time
BLOCK = 256  # vectors gathered at a time
START_LENGTH = 0.1  # expected length of an item's vector before the first sweep
BIAS, CONSTANT = -2, -1  # of an item's vector: b_i and 1; a user's has 1 and mean + b_u there


def fit(
    matrix: Matrix,
    way: RatingFoldIn,
    *,
    factors: int,
    iterations: int,
    seed: int,
    threads: int = 1,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Vectors, Vectors]:
    """Vectors of users and items, float32 [rows, factors + 2], by alternating exact solutions.

    `matrix` holds ratings, float32 [users, items]; a row without one gets the vector of nobody,
    see `nobody`. `report` is called after each sweep with its number and the root of the mean
    squared error on these ratings, which is computed for this only.
    """
    by_item = sparse.csr_array(matrix.T)
    by_item.sort_indices()
    items = nothing(matrix.shape[1], factors)
    random = np.random.default_rng(seed)
    scale = np.float32(START_LENGTH / np.sqrt(factors))
    items[:, :factors] = random.standard_normal((matrix.shape[1], factors), np.float32) * scale
    users = nobody(matrix.shape[0], factors, way.mean)
    with one_blas_thread():
        for sweep in range(1, iterations + 1):
            users = solved(matrix, nobody(len(users), factors, way.mean), items, way, threads)
            # Seen from an item the constant and the bias change places.
            start = _turned(nothing(len(items), factors))
            items = _turned(solved(by_item, start, _turned(users), way, threads))
            if report is not None:
                errors = residuals(matrix, users, items, threads)
                report(sweep, float(np.sqrt(np.mean(errors**2))))
    return users, items


def nobody(rows: int, factors: int, mean: float) -> Vectors:
    """Vectors [rows, factors + 2] of users of whom nothing is known: mean + b_i is predicted."""
    vectors = np.zeros((rows, factors + 2), np.float32)
    vectors[:, BIAS], vectors[:, CONSTANT] = 1, mean
    return vectors


def nothing(rows: int, factors: int) -> Vectors:
    """Vectors [rows, factors + 2] of items of which nothing is known: mean + b_u is predicted."""
    vectors = np.zeros((rows, factors + 2), np.float32)
    vectors[:, CONSTANT] = 1
    return vectors


def _turned(vectors: Vectors) -> Vectors:
    """Vectors with the constant and the bias in each other's place."""
    turned: Vectors = vectors[:, [*range(vectors.shape[1] - 2), CONSTANT, BIAS]]
    return turned


def solved(
    ratings: Matrix, start: Vectors, items: Vectors, way: RatingFoldIn, threads: int = 1
) -> Vectors:
    """User vectors [rows, factors + 2]: `start` and what it takes to fit their ratings best.

    Call it under `one_blas_thread`.
    """
    factors = items.shape[1] - 2
    penalties = np.full(factors, way.regularization)
    own = list(range(factors))
    if way.bias_regularization is not None:
        penalties = np.append(penalties, way.bias_regularization)
        own.append(factors + 1)
    fixed = np.ascontiguousarray(items[:, own])
    errors = residuals(ratings, start, items, threads)
    found = np.zeros((len(start), len(own)))
    given = (*_compressed(ratings), errors, fixed, penalties, way.nu, found)
    parallel(partial(_run, _ridge, *given), range(0, len(start), ROWS), threads)
    result = start.copy()
    with np.errstate(over="ignore"):  # what is not finite is looked for once, at the end
        result[:, own] = (start[:, own] + found).astype(np.float32)
    return result


def residuals(ratings: Matrix, users: Vectors, items: Vectors, threads: int = 1) -> Values:
    """What each rating is above its prediction, float64 [ratings] in the order of the rows."""
    errors = ratings.data.astype(np.float64)
    given = (*_compressed(ratings), users, items, errors)
    parallel(partial(_run, _subtract, *given), range(0, ratings.shape[0], ROWS), threads)
    return errors


def _compressed(ratings: Matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    return ratings.indptr.astype(np.int64), ratings.indices.astype(np.int32)


def _run(kernel: Callable[..., None], *given: object) -> None:
    """Works on a run of rows that starts at the last argument."""
    *arrays, first = given
    starts: npt.NDArray[np.int64] = arrays[0]  # type: ignore[assignment]
    kernel(*arrays, first, min(int(first) + ROWS, len(starts) - 1))  # type: ignore[call-overload]


@njit(cache=True, nogil=True)
def _subtract(starts, columns, users, items, errors, first, last):  # type: ignore[no-untyped-def]
    """Takes the predictions of rows first..last from their ratings, in float64."""
    for row in range(first, last):
        for at in range(starts[row], starts[row + 1]):
            item = items[columns[at]]
            for factor in range(items.shape[1]):
                errors[at] -= np.float64(users[row, factor]) * item[factor]


@njit(cache=True, nogil=True)
def _ridge(starts, columns, targets, fixed, penalties, nu, found, first, last):  # type: ignore[no-untyped-def]
    """Writes the ridge regressions of targets on fixed vectors, for rows first..last.

    Raises numpy.linalg.LinAlgError where a row's matrix is not positive definite.
    """
    size = fixed.shape[1]
    block = np.empty((BLOCK, size))
    for row in range(first, last):
        start, stop = starts[row], starts[row + 1]
        if start == stop:
            continue
        A, b = np.zeros((size, size)), np.zeros(size)
        scale = np.float64(stop - start) ** nu
        for f in range(size):
            A[f, f] = scale * penalties[f]
        for begin in range(start, stop, BLOCK):
            count = min(BLOCK, stop - begin)
            for j in range(count):
                for f in range(size):
                    block[j, f] = fixed[columns[begin + j], f]
                    b[f] += targets[begin + j] * block[j, f]
            part = block[:count]
            A += np.dot(part.T, part)
        L = np.linalg.cholesky(A)
        for f in range(size):  # forward substitution: L z = b
            b[f] = (b[f] - np.dot(L[f, :f], b[:f])) / L[f, f]
        for f in range(size - 1, -1, -1):  # back substitution by columns: L^T x = z
            b[f] /= L[f, f]
            for g in range(f):
                b[g] -= L[f, g] * b[f]
        found[row] = b
