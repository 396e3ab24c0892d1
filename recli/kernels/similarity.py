"""Which rows are alike: for every row the few most similar others, from columns both fill."""

from itertools import pairwise

import numpy as np
from numba import njit
from scipy import sparse

from recli.kernels.comparison import MATCHED, SUMMED, Comparison, summed
from recli.kernels.correlation import correlated, keep_neighbours
from recli.kernels.neighbours import Columns, Matrix, Scores, add_row, raw
from recli.kernels.selection import key_of
from recli.kernels.threads import in_threads


def item_weights(
    left: Matrix, right: Matrix, comparison: Comparison, neighbours: int, threads: int = 1
) -> Matrix:
    """For every item of a history, the similarity of the `neighbours` items most similar to it.

    `left` and `right` are float32 [users, items] with the same cells: the similarity of items i
    and j starts from the sum over users u of left[u, i] right[u, j]. Returns float32 [items,
    items] as `alike` does: the row is the item of the history, the column the item scored.
    """
    by_item = sparse.csr_array(left.T)
    by_item.sort_indices()
    return alike(by_item, right, comparison, neighbours, threads)


def alike(
    rows: Matrix,
    others: Matrix,
    comparison: Comparison,
    neighbours: int,
    threads: int = 1,
    weights: Scores | None = None,
) -> Matrix:
    """For every row, how alike the `neighbours` other rows are that are most like it.

    `rows` float32 [rows, columns]; `others` is float32 [columns, others], both with sorted
    indices. `weights` [columns] say how much a column counts in forms over the common ones, 1
    each by default; in all other forms `rows` must hold them already. Returns float32 [rows,
    others] with sorted indices; of equal similarities the lower number stays. The same bits for
    any number of threads.

    Memory: 8 bytes for each neighbour kept, twice, and 36 (of forms over the common columns 80)
    for each other row in each thread. Time: the number of pairs of a cell of `rows` and a cell
    of `others` in the same column.
    """
    runs = _equal_work(rows, others, 8 * threads)
    parts: list[tuple[Columns, Scores, Columns]] = [None] * len(runs)  # type: ignore[list-item]
    left, right = raw(rows), raw(others)
    whole = np.empty(0, np.int64) if comparison.whole is None else comparison.whole
    scales = comparison.row_scales, comparison.other_scales
    limits = neighbours, float(comparison.shrinkage), comparison.least, whole
    if comparison.form in MATCHED:
        columns = np.ones(others.shape[0], np.float32) if weights is None else weights
        form = MATCHED.index(comparison.form)
    else:
        form = SUMMED.index(comparison.form)
        nothing = np.empty(0)
        row_sizes = nothing if comparison.row_sizes is None else comparison.row_sizes
        other_sizes = nothing if comparison.other_sizes is None else comparison.other_sizes
        sizes = row_sizes, other_sizes, float(comparison.sets)

    def build(number: int) -> None:
        if comparison.form in MATCHED:
            parts[number] = correlated(left, right, columns, runs[number], form, scales, limits)
        else:
            parts[number] = _similar(left, right, runs[number], form, sizes, scales, limits)

    in_threads(build, range(len(runs)), threads)
    found, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    return sparse.csr_array((values, found, starts), shape=(rows.shape[0], others.shape[1]))


def _equal_work(rows: Matrix, others: Matrix, parts: int) -> list[tuple[int, int]]:
    """Cuts the rows into runs that visit about as many cells each."""
    degrees = np.diff(others.indptr)
    visits = np.concatenate([[0], np.cumsum(degrees[rows.indices], dtype=np.int64)])
    visits = visits[rows.indptr] + np.arange(rows.shape[0] + 1)
    cuts = np.searchsorted(visits, np.linspace(0, visits[-1], parts + 1))
    return list(pairwise(cuts.tolist()))


@njit(cache=True, nogil=True)
def _similar(rows, others, run, form, sizes, scales, limits):  # type: ignore[no-untyped-def]
    """Numbers and values of the neighbours of a run of rows, and how many each has."""
    (starts, columns, cells), (first, last) = rows, run
    (row_sizes, other_sizes, sets), (row_scales, other_scales) = sizes, scales
    neighbours, shrinkage, least, whole = limits
    count = other_scales.size
    counting = shrinkage > 0 or least > 1 or whole.size > 0 or sets > 0
    sums, stamps = np.zeros(count, np.float64), np.full(count, -1, np.int32)
    touched = np.empty(count + 1, np.int32)
    shared = np.zeros(count if counting else 0, np.int32)
    keys, scratch = np.empty(count, np.uint64), np.empty(count, np.uint64)
    room = (last - first) * min(neighbours, count)
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    end = 0
    for row in range(first, last):
        many = 0
        for cell in range(starts[row], starts[row + 1]):
            column, weight = columns[cell], np.float64(cells[cell])
            many = add_row(others, column, weight, sums, touched, many, stamps, row)
            if counting:
                _count(others, column, shared)
        held = 0
        for i in range(many):
            other = touched[i]
            value, both = sums[other], 0
            sums[other] = 0.0
            if counting:
                both = shared[other]
                shared[other] = 0
                if both < least or (whole.size > 0 and both >= whole[other]):
                    continue
            if whole.size == 0 and other == row:
                continue
            if row_sizes.size:
                value = summed(form, value, row_sizes[row], other_sizes[other], both, sets)
            value *= row_scales[row] * other_scales[other]
            if shrinkage > 0:
                value *= both / (both + shrinkage)
            score = np.float32(value)
            if score > 0 and np.isfinite(score):
                keys[held] = key_of(score, other)
                held += 1
        held = keep_neighbours(keys, held, neighbours, scratch, found, kept, end)
        counts[row - first] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _count(rows, row, shared):  # type: ignore[no-untyped-def]
    """Adds one for each cell of a row."""
    starts, columns, _ = rows
    for at in range(starts[row], starts[row + 1]):
        shared[columns[at]] += 1
