"""Scoring a history with item-item weights: the neighbours of what a user had."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.selection import key_of, write_best
from recli.kernels.threads import in_threads

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Csr = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]  # starts [rows + 1], sorted columns
Raw = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Scores]
Matrix = sparse.csr_array


def score_top_k(
    history: Matrix,
    weights: Matrix,
    k: int,
    exclude: Csr | None = None,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k items with the largest sums of weights over a history: as `topk.top_k` returns them.

    `history` float32 [queries, items]; `weights` float32 [items, items], row = item of the
    history; both with sorted indices. Scores are history @ weights, summed in float64 in the
    order of the history's columns. An item of which nothing in the history is a neighbour, or
    whose weights add up to exactly 0, has no score and is not returned.

    Memory beyond the result: 36 bytes for each item in each thread.

    Raises ValueError where the shapes do not fit each other.
    """
    _check(history, weights, exclude, only)
    queries = history.shape[0]
    columns = np.full((queries, k), -1, np.int32)
    scores = np.full((queries, k), -np.inf, np.float32)
    if k == 0 or queries == 0:
        return columns, scores
    starts, seen = exclude or (np.zeros(queries + 1, np.int64), np.empty(0, np.int32))
    mask = np.ones(weights.shape[1], np.bool_) if only is None else only
    size = max(1, min(512, -(-queries // (4 * threads))))

    def score(first: int) -> None:
        run = slice(first, first + size)
        bounds = starts[first : min(first + size, queries) + 1]
        rows = raw(history[run])
        _score(rows, raw(weights), bounds, seen, mask, columns[run], scores[run])

    in_threads(score, range(0, queries, size), threads)
    return columns, scores


def _check(history: Matrix, weights: Matrix, exclude: Csr | None, only: Mask | None) -> None:
    items = weights.shape[1]
    if history.shape[1] != weights.shape[0]:
        raise ValueError(f"history {history.shape} does not fit weights {weights.shape}")
    if exclude is not None and len(exclude[0]) != history.shape[0] + 1:
        raise ValueError(f"exclude has {len(exclude[0]) - 1} rows for {history.shape[0]} queries")
    if exclude is not None and exclude[1].size and exclude[1].max() >= items:
        raise ValueError(f"exclude holds column {exclude[1].max()} of {items} items")
    if only is not None and only.shape != (items,):
        raise ValueError(f"only has shape {only.shape} for {items} items")


def raw(matrix: Matrix) -> Raw:
    """Starts, columns and values in the types that the compiled loops are compiled for."""
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


@njit(cache=True, nogil=True)
def add_row(  # type: ignore[no-untyped-def]
    rows, row, weight, sums, touched, many, stamps, stamp
):
    """Adds a row times its weight to the sums; returns how many columns were touched till now.

    A column not yet stamped is noted in `touched`, which has one more place than there are
    columns: written every time and counted only when new, it needs no branch to guess.
    """
    starts, columns, values = rows
    for at in range(starts[row], starts[row + 1]):
        column = columns[at]
        sums[column] += weight * values[at]
        touched[many] = column
        many += stamps[column] != stamp
        stamps[column] = stamp
    return many


@njit(cache=True, nogil=True)
def _score(history, weights, starts, seen, mask, found, scores):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of each row of history."""
    bounds, rows, values = history
    items = mask.size
    sums, touched = np.zeros(items, np.float64), np.empty(items + 1, np.int32)
    stamps, barred = np.full(items, -1, np.int32), np.full(items, -1, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for query in range(found.shape[0]):
        many = 0
        for cell in range(bounds[query], bounds[query + 1]):
            weight = np.float64(values[cell])
            many = add_row(weights, rows[cell], weight, sums, touched, many, stamps, query)
        for cell in range(starts[query], starts[query + 1]):
            barred[seen[cell]] = query
        held = 0
        for i in range(many):
            item = touched[i]
            total = np.float32(sums[item])
            nothing = sums[item] == 0.0
            sums[item] = 0.0
            if np.isfinite(total) and not nothing and mask[item] and barred[item] != query:
                keys[held] = key_of(total, item)
                held += 1
        write_best(keys, held, scratch, found[query], scores[query])
