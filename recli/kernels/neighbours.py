"""Scoring a history with item-item weights: the neighbours of what a user had."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_best_first
from recli.kernels.threads import in_threads

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Csr = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]  # starts [rows + 1], sorted columns
Raw = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Scores]
Matrix = sparse.csr_array

# Columns that share one mark "something was added here": finding them again costs n / 16, not n.
BLOCK = 16


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
    order of the history's columns. An item of which nothing in the history is a neighbour has no
    score and is not returned.

    Memory beyond the result: 9 bytes for each item in each thread.
    """
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


def raw(matrix: Matrix) -> Raw:
    """Starts, columns and values in the types that the compiled loops are compiled for."""
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


@njit(cache=True, nogil=True)
def _score(history, weights, starts, seen, mask, found, scores):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of each row of history."""
    bounds, rows, values = history
    row_starts, columns, similar = weights
    items, k = mask.size, found.shape[1]
    sums = np.zeros(items, np.float64)
    marks = np.zeros(items // BLOCK + 1, np.bool_)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for query in range(found.shape[0]):
        for cell in range(bounds[query], bounds[query + 1]):
            weight = np.float64(values[cell])
            for at in range(row_starts[rows[cell]], row_starts[rows[cell] + 1]):
                sums[columns[at]] += weight * similar[at]
                marks[columns[at] // BLOCK] = True
        place, end = starts[query], starts[query + 1]
        held = 0
        for block in range(marks.size):
            if not marks[block]:
                continue
            marks[block] = False
            for item in range(block * BLOCK, min((block + 1) * BLOCK, items)):
                total = np.float32(sums[item])
                if sums[item] == 0.0:
                    continue
                sums[item] = 0.0
                while place < end and seen[place] < item:
                    place += 1
                excluded = place < end and seen[place] == item
                if mask[item] and np.isfinite(total) and not excluded:
                    keys[held] = key_of(total, item)
                    held += 1
        if held > k:
            keep_largest(keys, held, k, scratch)
            held = k
        sort_best_first(keys, held, scratch)
        for rank in range(held):
            found[query, rank] = column_of(keys[rank])
            scores[query, rank] = score_of(keys[rank])
