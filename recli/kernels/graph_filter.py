"""Scoring histories with a polynomial of steps between users and items, never multiplied out."""

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.dot_tile import ITEMS, QUERIES, dot_tile
from recli.kernels.folding import projected
from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Csr, Mask, Scores, raw
from recli.kernels.selection import key_of, write_best
from recli.kernels.shapes import GraphFilter
from recli.kernels.threads import in_threads

# Users that a thread takes side by side; the last ones are fewer beside zeros.
ROWS = 64
Panel = npt.NDArray[np.float32]


def top_k(
    history: Matrix,
    shape: GraphFilter,
    k: int,
    exclude: Csr,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k items that score highest for each row of a history: as `topk.top_k` returns them.

    `history` float32 [queries, items]. The same bits for any number of threads and any way of
    cutting queries into batches. Memory beyond the result: about 800 bytes for each item and 512
    for each user of the training in each thread. Time: for each query an operation for each cell
    of the training log and step of the filter but the first, and for each item and factor.
    """
    queries, items = history.shape[0], len(shape.decoder)
    columns = np.full((queries, k), -1, np.int32)
    scores = np.full((queries, k), -np.inf, np.float32)
    if k == 0 or queries == 0:
        return columns, scores
    mask = np.ones(items, np.bool_) if only is None else only
    known, (starts, seen) = np.diff(history.indptr) > 0, exclude
    vectors = projected(history, shape.encoder)
    _, arrival = shape.back, raw(shape.arrival)  # both made here, not by each thread

    def score(first: int) -> None:
        run = slice(first, min(first + ROWS, queries))
        reached = _walked(sparse.csr_array(history[run]), shape)
        dense = np.empty((ROWS, items), np.float32)
        _arrive(arrival, reached, _low_rank(vectors[run], shape.decoder), dense)
        bounds = starts[run.start : run.stop + 1]
        _select(dense, known[run], bounds, seen, mask, columns[run], scores[run])

    in_threads(score, range(0, queries, ROWS), threads)
    return columns, scores


def _walked(history: Matrix, shape: GraphFilter) -> Panel:
    """Where at most ROWS histories stand before the last step: float32 [users, ROWS].

    By Horner's rule A (c_1 h + A^T A (c_2 h + ...)), from A h, which is made once.
    """
    there, back = raw(shape.steps), raw(shape.back)
    begun = np.zeros((shape.steps.shape[0], ROWS), np.float32)
    _begin(raw(history), back, begun)
    reached = begun * np.float32(shape.powers[-1])
    items = np.empty((shape.steps.shape[1], ROWS), np.float32)
    for power in reversed(shape.powers[:-1]):
        _step(back, reached, items)
        _step(there, items, reached)
        reached += np.float32(power) * begun
    return reached


@njit(cache=True, nogil=True)
def _begin(history, back, result):  # type: ignore[no-untyped-def]
    """Adds A h for each history h: of a few items, so that few users are met."""
    starts, items, weights = history
    bounds, users, values = back
    for query in range(starts.size - 1):
        for cell in range(starts[query], starts[query + 1]):
            item, weight = items[cell], weights[cell]
            for at in range(bounds[item], bounds[item + 1]):
                result[users[at], query] += weight * values[at]


@njit(cache=True, nogil=True)
def _step(cells, panel, result):  # type: ignore[no-untyped-def]
    """Writes the product of a sparse matrix and a panel [columns, ROWS]."""
    starts, columns, values = cells
    sums = np.empty(ROWS, np.float32)
    for row in range(starts.size - 1):
        sums[:] = np.float32(0)
        for cell in range(starts[row], starts[row + 1]):
            line, value = panel[columns[cell]], values[cell]
            for at in range(ROWS):
                sums[at] += value * line[at]
        result[row] = sums


@njit(cache=True, nogil=True)
def _low_rank(vectors, decoder):  # type: ignore[no-untyped-def]
    """Products of decoder rows and vectors: [items, ROWS], zeros beside fewer vectors.

    A BLAS may round otherwise where a vector stands elsewhere in its block.
    """
    items, factors = decoder.shape
    result = np.zeros((items, ROWS), np.float32)
    packed = np.zeros(ROWS * factors, np.float32)
    for query in range(len(vectors)):
        start = query // QUERIES * QUERIES * factors + query % QUERIES
        for factor in range(factors):
            packed[start + factor * QUERIES] = vectors[query, factor]
    # Tiles stay inside the array: the last begins early, and a short catalogue is lengthened.
    tall = decoder
    if items < ITEMS:
        tall = np.zeros((ITEMS, factors), np.float32)
        tall[:items] = decoder
    thresholds = np.zeros(QUERIES, np.float32)
    scores, masks = np.empty((ITEMS, QUERIES), np.float32), np.empty(ITEMS, np.uint32)
    for begin in range(0, items, ITEMS):
        first = max(min(begin, items - ITEMS), 0)
        for query in range(0, ROWS, QUERIES):
            dot_tile(tall, first, factors, packed, query * factors, thresholds, 0, scores, masks)
            for i in range(min(ITEMS, items)):
                for lane in range(QUERIES):
                    result[first + i, query + lane] = scores[i, lane]
    return result


@njit(cache=True, nogil=True)
def _arrive(cells, panel, low_rank, result):  # type: ignore[no-untyped-def]
    """Writes a step's product plus what is of low rank, a row for each query [ROWS, items]."""
    starts, columns, values = cells
    sums = np.empty(ROWS, np.float32)
    for row in range(starts.size - 1):
        sums[:] = low_rank[row]
        for cell in range(starts[row], starts[row + 1]):
            line, value = panel[columns[cell]], values[cell]
            for at in range(ROWS):
                sums[at] += value * line[at]
        for at in range(ROWS):
            result[at, row] = sums[at]


@njit(cache=True, nogil=True)
def _select(dense, known, starts, seen, mask, found, scores):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of each query that has a history."""
    items = mask.size
    barred = np.full(items, -1, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for query in range(found.shape[0]):
        if not known[query]:
            continue
        for cell in range(starts[query], starts[query + 1]):
            barred[seen[cell]] = query
        held = 0
        for item in range(items):
            score = dense[query, item]
            if mask[item] and barred[item] != query and np.isfinite(score):
                keys[held] = key_of(score, item)
                held += 1
        write_best(keys, held, scratch, found[query], scores[query])
