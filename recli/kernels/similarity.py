"""Which items are alike: for every item the few most similar to it, from their common users."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.neighbours import Columns, Matrix, Scores, add_row, raw
from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_by_column
from recli.kernels.threads import in_threads

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How alike two items are, once the products of their users' weights are summed.

    The sum is multiplied by history_scales[i] and scored_scales[j], i being the item of the
    history and j the one that is scored, and by s / (s + shrinkage), s being the number of users
    of both. Where there are `sizes`, it is first divided by sizes[i] + sizes[j] - sum: Jaccard.
    """

    history_scales: Doubles  # [items]
    scored_scales: Doubles  # [items]
    shrinkage: float = 0.0
    sizes: Doubles | None = None  # [items]


def item_weights(
    left: Matrix, right: Matrix, comparison: Comparison, neighbours: int, threads: int = 1
) -> Matrix:
    """For every item of a history, the similarity of the `neighbours` items most similar to it.

    `left` and `right` are float32 [users, items] with the same cells: the similarity of items i
    and j starts from the sum over users u of left[u, i] right[u, j]. Returns float32 [items,
    items], the row being the item of the history and the column the item scored, with sorted
    indices; no item is its own neighbour, and a similarity that is not above 0 is none. Of equal
    similarities the lower column stays. The same bits for any number of threads.

    Memory: 8 bytes for each neighbour kept, twice, and 36 for each item in each thread. Time: the
    sum of squares of the users' degrees.
    """
    items = right.shape[1]
    by_item = sparse.csr_array(left.T)
    by_item.sort_indices()
    runs = _equal_work(right, by_item, 8 * threads)
    parts: list[tuple[Columns, Scores, Columns]] = [None] * len(runs)  # type: ignore[list-item]
    sizes = np.empty(0) if comparison.sizes is None else comparison.sizes
    scales = comparison.history_scales, comparison.scored_scales, sizes
    shapes = raw(by_item), raw(right)

    def build(number: int) -> None:
        first, last = runs[number]
        parts[number] = _similar(*shapes, first, last, neighbours, scales, comparison.shrinkage)

    in_threads(build, range(len(runs)), threads)
    columns, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return sparse.csr_array((values, columns, starts), shape=(items, items))


def _equal_work(right: Matrix, by_item: Matrix, parts: int) -> list[tuple[int, int]]:
    """Cuts the items into runs that visit about as many cells each."""
    degrees = np.diff(right.indptr)
    visits = np.concatenate([[0], np.cumsum(degrees[by_item.indices], dtype=np.int64)])
    visits = visits[by_item.indptr] + np.arange(by_item.shape[0] + 1)
    cuts = np.searchsorted(visits, np.linspace(0, visits[-1], parts + 1))
    return list(pairwise(cuts.tolist()))


@njit(cache=True, nogil=True)
def _similar(  # type: ignore[no-untyped-def]
    by_item, by_user, first, last, neighbours, scales, shrinkage
):
    """Columns and values of the items first..last, one after another, and how many each has."""
    starts, users, left = by_item
    history_scales, scored_scales, sizes = scales
    items = history_scales.size
    sums, stamps = np.zeros(items, np.float64), np.full(items, -1, np.int32)
    touched = np.empty(items + 1, np.int32)
    shared = np.zeros(items if shrinkage > 0 else 0, np.int32)
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    room = (last - first) * min(neighbours, items)
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    end = 0
    for item in range(first, last):
        many = 0
        for cell in range(starts[item], starts[item + 1]):
            user, weight = users[cell], np.float64(left[cell])
            many = add_row(by_user, user, weight, sums, touched, many, stamps, item)
            if shared.size:
                _count(by_user, user, shared)
        held = 0
        for i in range(many):
            other = touched[i]
            value = sums[other]
            sums[other] = 0.0
            if sizes.size:
                value /= sizes[item] + sizes[other] - value
            value *= history_scales[item] * scored_scales[other]
            if shared.size:
                value *= shared[other] / (shared[other] + shrinkage)
                shared[other] = 0
            score = np.float32(value)
            if score > 0 and np.isfinite(score) and other != item:
                keys[held] = key_of(score, other)
                held += 1
        if held > neighbours:
            keep_largest(keys, held, neighbours, scratch)
            held = neighbours
        sort_by_column(keys, held, scratch)
        for i in range(held):
            found[end + i] = column_of(keys[i])
            kept[end + i] = score_of(keys[i])
        counts[item - first] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _count(rows, row, shared):  # type: ignore[no-untyped-def]
    """Adds one for each cell of a row."""
    starts, columns, _ = rows
    for at in range(starts[row], starts[row + 1]):
        shared[columns[at]] += 1
