"""Item-item neighbours: the similar items of every item, and scoring a history with them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.selection import (
    Keys,
    column_of,
    keep_largest,
    key_of,
    score_of,
    sort_best_first,
)
from recli.kernels.topk import Columns, Csr, Mask, Scores, in_threads

Matrix = sparse.csr_array
Doubles = npt.NDArray[np.float64]

# Columns that share one mark "something was added here": finding them again costs n / 16, not n.
_BLOCK = 16


@dataclass(frozen=True)
class Comparison:
    """How much two items have in common, once the products of their users' weights are summed.

    `form` cosine: sum / sqrt(n_i n_j), n_i being the entry of `norms` for item i; jaccard:
    sum / (n_i + n_j - sum); product: the sum. That is multiplied by n_j^boost, j being the item
    that is scored, and by s / (s + shrinkage), s being the number of users of both.
    """

    form: Literal["cosine", "jaccard", "product"]
    norms: Doubles  # [items]
    boost: float = 0.0
    shrinkage: float = 0.0


def item_weights(
    left: Matrix, right: Matrix, comparison: Comparison, neighbours: int, threads: int = 1
) -> Matrix:
    """For every scored item, the similarity of the `neighbours` items most similar to it.

    `left` and `right` are float [users, items] with the same cells: the similarity of items i and
    j starts from sum over users u of left[u, i] right[u, j]. Returns float32 [items, items], the
    row being the item of the history and the column the item scored, with sorted indices; no item
    is its own neighbour, and a similarity that is not above 0 is none. Equal similarities: the
    lower column stays. The same bits for any number of threads.

    Memory: 8 bytes for each neighbour kept, twice, and 17 for each item in each thread. Time: the
    sum of squares of the users' degrees.
    """
    items = right.shape[1]
    by_item = sparse.csr_array(right.T)
    by_item.sort_indices()
    runs = _equal_work(left, by_item, 8 * threads)
    parts: list[tuple[Columns, Scores, Columns]] = [None] * len(runs)  # type: ignore[list-item]
    code = {"cosine": 0, "jaccard": 1, "product": 2}[comparison.form]
    c = comparison

    def build(number: int) -> None:
        run = runs[number]
        parts[number] = _similar(
            _raw(by_item),
            _raw(left),
            run.start,
            run.stop,
            items,
            neighbours,
            code,
            c.norms,
            c.boost,
            c.shrinkage,
        )

    in_threads(build, range(len(runs)), threads)
    columns, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    by_scored = sparse.csr_array((values, columns, starts), shape=(items, items))
    return sparse.csr_array(by_scored.T)


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
        rows = _raw(history[run])
        _score(rows, _raw(weights), bounds, seen, mask, columns[run], scores[run])

    in_threads(score, range(0, queries, size), threads)
    return columns, scores


Raw = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Scores]


def _raw(matrix: Matrix) -> Raw:
    """Starts, columns and values in the types that the compiled loops are compiled for."""
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )


def _equal_work(left: Matrix, by_item: Matrix, parts: int) -> list[slice]:
    """Cuts the items into runs that visit about as many cells each."""
    degrees = np.diff(left.indptr)
    visits = np.concatenate([[0], np.cumsum(degrees[by_item.indices], dtype=np.int64)])
    visits = visits[by_item.indptr] + np.arange(by_item.shape[0] + 1)
    cuts = np.unique(np.searchsorted(visits, np.linspace(0, visits[-1], parts + 1)))
    cuts[-1] = by_item.shape[0]
    return [slice(a, b) for a, b in zip(cuts[:-1], cuts[1:], strict=True)]


@njit(cache=True, nogil=True)
def _similar(  # type: ignore[no-untyped-def]
    by_item, left, first, last, items, neighbours, form, norms, boost, shrinkage
):
    """Columns and values of the items first..last, one after another, and how many each has."""
    starts, users, right = by_item
    user_starts, columns, values = left
    sums = np.zeros(items, np.float64)
    marks = np.zeros(items // _BLOCK + 1, np.bool_)
    shared = np.zeros(items if shrinkage > 0 else 0, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    room = (last - first) * min(neighbours, items)
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    end = 0
    for item in range(first, last):
        for cell in range(starts[item], starts[item + 1]):
            weight = np.float64(right[cell])
            user = users[cell]
            for at in range(user_starts[user], user_starts[user + 1]):
                column = columns[at]
                sums[column] += weight * values[at]
                marks[column // _BLOCK] = True
                if shrinkage > 0:
                    shared[column] += 1
        sums[item] = 0.0
        scale = norms[item] ** boost
        held = 0
        for block in range(marks.size):
            if not marks[block]:
                continue
            marks[block] = False
            for other in range(block * _BLOCK, min((block + 1) * _BLOCK, items)):
                total = sums[other]
                sums[other] = 0.0
                value = scale * _compared(total, norms[other], norms[item], form)
                if shrinkage > 0:
                    value *= shared[other] / (shared[other] + shrinkage)
                    shared[other] = 0
                if value > 0.0 and np.isfinite(value):
                    keys[held] = key_of(np.float32(value), other)
                    held += 1
        if held > neighbours:
            keep_largest(keys, held, neighbours, scratch)
            held = neighbours
        for i in range(held):
            found[end + i] = column_of(keys[i])
            kept[end + i] = score_of(keys[i])
        counts[item - first] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _compared(total, one, other, form):  # type: ignore[no-untyped-def]
    """The similarity of two items, by the sum of products and their norms."""
    if total == 0.0 or form == 2:
        return total
    if form == 1:
        return total / (one + other - total)
    return total / np.sqrt(one * other)


@njit(cache=True, nogil=True)
def _score(history, weights, starts, seen, mask, found, scores):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of each row of history."""
    bounds, rows, values = history
    row_starts, columns, similar = weights
    items, k = mask.size, found.shape[1]
    sums = np.zeros(items, np.float64)
    marks = np.zeros(items // _BLOCK + 1, np.bool_)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    for query in range(found.shape[0]):
        for cell in range(bounds[query], bounds[query + 1]):
            weight = np.float64(values[cell])
            for at in range(row_starts[rows[cell]], row_starts[rows[cell] + 1]):
                sums[columns[at]] += weight * similar[at]
                marks[columns[at] // _BLOCK] = True
        place, end = starts[query], starts[query + 1]
        held = 0
        for block in range(marks.size):
            if not marks[block]:
                continue
            marks[block] = False
            for item in range(block * _BLOCK, min((block + 1) * _BLOCK, items)):
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
