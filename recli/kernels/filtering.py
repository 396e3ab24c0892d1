"""Scoring a history with item weights of which a part is sparse and a part of low rank."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.folding import projected
from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Csr, Mask, Scores, raw
from recli.kernels.products import one_blas_thread
from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_best_first
from recli.kernels.shapes import ItemFilter
from recli.kernels.threads import in_threads

# Users whose scores of all items are held at a time by a thread. Always so many, the last ones
# padded: a matrix product may round otherwise where it has fewer rows.
_ROWS = 64


def top_k(
    history: Matrix,
    shape: ItemFilter,
    k: int,
    exclude: Csr,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k items that score highest for each row of a history: as `topk.top_k` returns them.

    `history` float32 [queries, items]. The same bits for any number of threads and any way of
    cutting queries into batches. Memory beyond the result: about 270 bytes for each item in each
    thread.
    """
    queries, items = history.shape
    columns = np.full((queries, k), -1, np.int32)
    scores = np.full((queries, k), -np.inf, np.float32)
    mask = np.ones(items, np.bool_) if only is None else only
    weights, starts, seen = raw(shape.weights), *exclude
    known = np.diff(history.indptr) > 0

    def score(first: int) -> None:
        run = slice(first, min(first + _ROWS, queries))
        low_rank = _padded(projected(sparse.csr_array(history[run]), shape.encoder))
        dense = low_rank @ shape.decoder.T
        bounds = starts[run.start : run.stop + 1]
        rows = raw(sparse.csr_array(history[run]))
        _select(rows, weights, dense, known[run], bounds, seen, mask, columns[run], scores[run])

    if k:
        with one_blas_thread():
            in_threads(score, range(0, queries, _ROWS), threads)
    return columns, scores


def _padded(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    whole = np.zeros((_ROWS, vectors.shape[1]), np.float32)
    whole[: len(vectors)] = vectors
    return whole


@njit(cache=True, nogil=True)
def _select(  # type: ignore[no-untyped-def]
    history, weights, dense, known, starts, seen, mask, found, scores
):
    """Adds the sparse part to the dense one and writes the best columns and scores."""
    bounds, rows, values = history
    weight_bounds, weight_columns, weight_values = weights
    items, k = mask.size, found.shape[1]
    barred = np.full(items, -1, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    sums = np.empty(items, np.float64)
    for query in range(found.shape[0]):
        if not known[query]:
            continue
        for item in range(items):
            sums[item] = dense[query, item]
        for cell in range(bounds[query], bounds[query + 1]):
            weight, row = np.float64(values[cell]), rows[cell]
            for at in range(weight_bounds[row], weight_bounds[row + 1]):
                sums[weight_columns[at]] += weight * weight_values[at]
        for cell in range(starts[query], starts[query + 1]):
            barred[seen[cell]] = query
        held = 0
        for item in range(items):
            score = np.float32(sums[item])
            if mask[item] and barred[item] != query and np.isfinite(score):
                keys[held] = key_of(score, item)
                held += 1
        if held > k:
            keep_largest(keys, held, k, scratch)
            held = k
        sort_best_first(keys, held, scratch)
        for rank in range(held):
            found[query, rank] = column_of(keys[rank])
            scores[query, rank] = score_of(keys[rank])
