"""SLIM: sparse item weights by elastic net, each item explained by candidates like it.

For each item j, over weights w of its candidates (the items most like it; never j itself),

    1/2 |x_j - X w|^2 + l2/2 |w|^2 + l1 |w|_1,   w >= 0 where asked

by coordinate descent on G = X^T X: Ning, Karypis, "SLIM: sparse linear methods for top-n
recommender systems", ICDM 2011, equation 4, with the candidates of fsSLIM, section 5.3; Friedman,
Hastie, Tibshirani, "Regularization paths for generalized linear models via coordinate descent",
JSS 2010, section 2.2 (covariance updates).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Scores, raw
from recli.kernels.products import parallel
from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_by_column

Part = tuple[Columns, Scores, Columns]
RUN = 128  # items that a thread takes at a time


@dataclass(frozen=True)
class ElasticNet:
    """What is minimized for each item, and when it is done."""

    l1: float
    l2: float
    positive: bool = True
    iterations: int = 100  # sweeps over the candidates at most
    tolerance: float = 1e-4  # largest change in a sweep, beside the largest weight


def gram(matrix: Matrix, user_exponent: float = 0.0) -> Matrix:
    """X^T D X float32 [items, items], sorted indices; D weighs a user by count^-exponent.

    Memory: 16 bytes for each pair of items that some user has both of.
    """
    counts = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64) ** (-0.5 * user_exponent)
    data = (matrix.data * np.repeat(counts, np.diff(matrix.indptr))).astype(np.float32)
    weighted = sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
    products = sparse.csr_array(weighted.T) @ weighted
    products.sort_indices()
    return sparse.csr_array(products)


def most_alike(products: Matrix, neighbours: int, threads: int = 1) -> Matrix:
    """The `neighbours` columns of largest cosine in each row, from G; of equal ones the lower."""
    items = products.shape[0]
    lengths = np.sqrt(products.diagonal().astype(np.float64))
    scales = np.where(lengths > 0, 1 / np.where(lengths > 0, lengths, 1), 0)
    cells = raw(products)

    def choose(run: tuple[int, int]) -> Part:
        found: Part = _alike(cells, scales, neighbours, *run)
        return found

    return _joined(parallel(choose, _runs(items), threads), items)


def fit(products: Matrix, candidates: Matrix, net: ElasticNet, threads: int = 1) -> Matrix:
    """Weights float32 [items, items], row in the history and column scored, sorted indices.

    `products` is G with sorted indices; row j of `candidates` fills the columns that may score
    item j. The same bits for any number of threads.
    """
    items = products.shape[0]
    cells, may = raw(products), raw(candidates)[:2]
    choices = (net.l1, net.l2, net.positive, net.iterations, net.tolerance)

    def solve(run: tuple[int, int]) -> Part:
        found: Part = _solve(cells, *may, choices, *run)
        return found

    by_scored = _joined(parallel(solve, _runs(items), threads), items)
    weights = sparse.csr_array(by_scored.T)
    weights.sort_indices()
    return weights


def _runs(items: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, items, RUN), items]))


def _joined(parts: list[Part], items: int) -> Matrix:
    columns, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return sparse.csr_array((values, columns, starts), shape=(items, items))


@njit(cache=True, nogil=True)
def _alike(products, scales, neighbours, first, last):  # type: ignore[no-untyped-def]
    """Columns and cosines of the rows first..last, sorted by column, and how many each has."""
    starts, columns, values = products
    items = scales.size
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    room = min(starts[last] - starts[first], (last - first) * min(neighbours, items))
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    end = 0
    for item in range(first, last):
        held = 0
        for cell in range(starts[item], starts[item + 1]):
            other = columns[cell]
            if other != item:
                cosine = np.float32(values[cell] * scales[item] * scales[other])
                keys[held] = key_of(cosine, other)
                held += 1
        if held > neighbours:
            keep_largest(keys, held, neighbours, scratch)
            held = neighbours
        sort_by_column(keys, held, scratch)
        for at in range(held):
            found[end + at], kept[end + at] = column_of(keys[at]), score_of(keys[at])
        counts[item - first] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _solve(products, bounds, candidates, choices, first, last):  # type: ignore[no-untyped-def]
    """Candidates and weights of the items first..last that are not 0, and how many each has."""
    items = products[0].size - 1
    place = np.full(items, -1, np.int32)
    room = bounds[last] - bounds[first]
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    widest = 0
    for item in range(first, last):
        widest = max(widest, bounds[item + 1] - bounds[item])
    square = np.empty((widest, widest), np.float32)
    target, weights = np.empty(widest, np.float64), np.empty(widest, np.float64)
    end = 0
    for item in range(first, last):
        own = candidates[bounds[item] : bounds[item + 1]]
        _fill(products, item, own, place, square, target)
        _descend(square, target, weights, own.size, choices)
        for at in range(own.size):
            if np.float32(weights[at]) != 0 and np.isfinite(weights[at]):
                found[end], kept[end] = own[at], weights[at]
                counts[item - first] += 1
                end += 1
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _fill(products, item, own, place, square, target):  # type: ignore[no-untyped-def]
    """Writes G of the candidates with each other to `square`, with the item to `target`."""
    starts, columns, values = products
    for at in range(own.size):
        place[own[at]] = at
        target[at] = 0
        for other in range(own.size):
            square[at, other] = np.float32(0)
    for cell in range(starts[item], starts[item + 1]):
        if place[columns[cell]] >= 0:
            target[place[columns[cell]]] = values[cell]
    for at in range(own.size):
        for cell in range(starts[own[at]], starts[own[at] + 1]):
            other = place[columns[cell]]
            if other >= 0:
                square[at, other] = values[cell]
    for at in range(own.size):
        place[own[at]] = -1


@njit(cache=True, nogil=True)
def _descend(square, residual, weights, count, choices):  # type: ignore[no-untyped-def]
    """Weights by coordinate descent; `residual` holds G_j on entry and G_j - G w afterwards."""
    l1, l2, positive, iterations, tolerance = choices
    weights[:count] = 0.0
    for _ in range(iterations):
        largest, moved = 0.0, 0.0
        for at in range(count):
            before = weights[at]
            pull = residual[at] + square[at, at] * before
            after = 0.0
            if pull > l1:
                after = (pull - l1) / (square[at, at] + l2)
            elif pull < -l1 and not positive:
                after = (pull + l1) / (square[at, at] + l2)
            change = after - before
            if change != 0.0:
                weights[at] = after
                row = square[at]
                for other in range(count):
                    residual[other] -= change * row[other]
            largest, moved = max(largest, abs(after)), max(moved, abs(change))
        if moved <= tolerance * largest:
            break
