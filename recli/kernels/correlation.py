"""Similarities over the columns that two rows both fill, and of them alone."""

import numpy as np
from numba import njit

from recli.kernels.comparison import matched
from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_by_column


@njit(cache=True, nogil=True)
def correlated(rows, others, weights, run, form, scales, limits):  # type: ignore[no-untyped-def]
    """Numbers and values of the neighbours of a run of rows, and how many each has."""
    (starts, columns, cells), (first, last) = rows, run
    bounds, numbers, values = others
    row_scales, other_scales = scales
    neighbours, shrinkage, least, whole = limits
    count = other_scales.size
    moments = np.zeros((count, 6), np.float64)  # 1, x, y, xx, yy, xy
    shared, touched = np.zeros(count, np.int32), np.empty(count, np.int32)
    keys, scratch = np.empty(count, np.uint64), np.empty(count, np.uint64)
    room = (last - first) * min(neighbours, count)
    found, kept = np.empty(room, np.int32), np.empty(room, np.float32)
    counts = np.zeros(last - first, np.int32)
    end = 0
    for row in range(first, last):
        many = 0
        for cell in range(starts[row], starts[row + 1]):
            column, x = columns[cell], np.float64(cells[cell])
            weight = np.float64(weights[column])
            for at in range(bounds[column], bounds[column + 1]):
                other, y = numbers[at], np.float64(values[at])
                if shared[other] == 0:
                    touched[many] = other
                    many += 1
                shared[other] += 1
                _add(moments[other], weight, x, y)
        held = 0
        for i in range(many):
            other = touched[i]
            both = shared[other]
            value = matched(form, moments[other]) * row_scales[row] * other_scales[other]
            value *= both / (both + shrinkage)
            shared[other] = 0
            moments[other] = 0.0
            itself = both >= whole[other] if whole.size else other == row
            score = np.float32(value)
            if score > 0 and np.isfinite(score) and both >= least and not itself:
                keys[held] = key_of(score, other)
                held += 1
        held = keep_neighbours(keys, held, neighbours, scratch, found, kept, end)
        counts[row - first] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts


@njit(cache=True, nogil=True)
def _add(moments, weight, x, y):  # type: ignore[no-untyped-def]
    moments[0] += weight
    moments[1] += weight * x
    moments[2] += weight * y
    moments[3] += weight * x * x
    moments[4] += weight * y * y
    moments[5] += weight * x * y


@njit(cache=True, nogil=True)
def keep_neighbours(  # type: ignore[no-untyped-def]
    keys, held, neighbours, scratch, found, kept, end
):
    """Writes the largest keys, by number, from `end` on; returns how many there are."""
    if held > neighbours:
        keep_largest(keys, held, neighbours, scratch)
        held = neighbours
    sort_by_column(keys, held, scratch)
    for i in range(held):
        found[end + i] = column_of(keys[i])
        kept[end + i] = score_of(keys[i])
    return held
