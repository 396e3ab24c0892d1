"""Which items are alike: for every item the few most similar to it, from their common users."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.neighbours import BLOCK, Columns, Matrix, Scores, raw
from recli.kernels.selection import column_of, keep_largest, key_of, score_of
from recli.kernels.threads import in_threads

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """How alike two items are, once the products of their users' weights are summed.

    `form` cosine: sum / sqrt(n_i n_j), n_i being the entry of `norms` for item i; jaccard:
    sum / (n_i + n_j - sum); product: the sum. That is multiplied by history_scales[i] and
    scored_scales[j], i being the item of the history and j the one that is scored, and by
    s / (s + shrinkage), s being the number of users of both.
    """

    form: Literal["cosine", "jaccard", "product"]
    norms: Doubles  # [items]
    history_scales: Doubles  # [items]
    scored_scales: Doubles  # [items]
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
    scales = (c.norms, c.history_scales, c.scored_scales)

    def build(number: int) -> None:
        run = runs[number]
        parts[number] = _similar(
            raw(by_item),
            raw(left),
            run.start,
            run.stop,
            items,
            neighbours,
            code,
            scales,
            c.shrinkage,
        )

    in_threads(build, range(len(runs)), threads)
    columns, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    by_scored = sparse.csr_array((values, columns, starts), shape=(items, items))
    return sparse.csr_array(by_scored.T)


def _equal_work(left: Matrix, by_item: Matrix, parts: int) -> list[slice]:
    """Cuts the items into runs that visit about as many cells each."""
    degrees = np.diff(left.indptr)
    visits = np.concatenate([[0], np.cumsum(degrees[by_item.indices], dtype=np.int64)])
    visits = visits[by_item.indptr] + np.arange(by_item.shape[0] + 1)
    cuts = np.searchsorted(visits, np.linspace(0, visits[-1], parts + 1))
    cuts[-1] = by_item.shape[0]
    return [slice(a, b) for a, b in pairwise(cuts)]


@njit(cache=True, nogil=True)
def _similar(  # type: ignore[no-untyped-def]
    by_item, left, first, last, items, neighbours, form, scales, shrinkage
):
    """Columns and values of the items first..last, one after another, and how many each has."""
    starts, users, right = by_item
    norms, history_scales, scored_scales = scales
    user_starts, columns, values = left
    sums = np.zeros(items, np.float64)
    marks = np.zeros(items // BLOCK + 1, np.bool_)
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
                marks[column // BLOCK] = True
                if shrinkage > 0:
                    shared[column] += 1
        sums[item] = 0.0
        held = 0
        for block in range(marks.size):
            if not marks[block]:
                continue
            marks[block] = False
            for other in range(block * BLOCK, min((block + 1) * BLOCK, items)):
                total = sums[other]
                sums[other] = 0.0
                value = _compared(total, norms[other], norms[item], form)
                value *= history_scales[other] * scored_scales[item]
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
