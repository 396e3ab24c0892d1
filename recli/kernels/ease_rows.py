"""Compiled loops of EASE: a block of the inverse's rows, and the largest weights among them."""

import numpy as np
from numba import njit

from recli.kernels.selection import column_of, keep_largest, key_of, sort_by_column


@njit(cache=True, nogil=True)
def spread(cells, tile, result):  # type: ignore[no-untyped-def]
    """Adds B^T T to the result [items of a block, users of T's columns], B [users, items]."""
    starts, items, values = cells
    line = np.empty(tile.shape[1], np.float32)
    for user in range(tile.shape[0]):
        if starts[user] == starts[user + 1]:
            continue
        for column in range(line.size):
            line[column] = tile[user, column]
        for cell in range(starts[user], starts[user + 1]):
            out, value = result[items[cell]], values[cell]
            for column in range(line.size):
                out[column] += value * line[column]


@njit(cache=True, nogil=True)
def gather(by_item, strip, result):  # type: ignore[no-untyped-def]
    """Writes MINUS (Z^T Y)^T to the result [strip, items], Y [users, strip]."""
    starts, users, values = by_item
    sums = np.empty(strip.shape[1], np.float32)
    for item in range(starts.size - 1):
        sums[:] = np.float32(0)
        for cell in range(starts[item], starts[item + 1]):
            line, value = strip[users[cell]], values[cell]
            for at in range(sums.size):
                sums[at] -= value * line[at]
        for at in range(sums.size):
            result[at, item] = sums[at]


@njit(cache=True, nogil=True)
def largest(rows, first, scales, factors, neighbours):  # type: ignore[no-untyped-def]
    """Of each row, the largest magnitudes of what it holds times its factor and the scales."""
    count, items = rows.shape
    keys, scratch = np.empty(items, np.uint64), np.empty(items, np.uint64)
    values = np.empty(items, np.float32)
    room = count * min(neighbours, items)
    found, kept, counts = (
        np.empty(room, np.int32),
        np.empty(room, np.float32),
        np.zeros(count, np.int32),
    )
    end = 0
    for row in range(count):
        held = 0
        for item in range(items):
            value = np.float32(rows[row, item] * scales[item] * factors[row])
            values[item] = value
            if item != first + row and value != 0 and np.isfinite(value):
                keys[held] = key_of(np.abs(value), item)
                held += 1
        if held > neighbours:
            keep_largest(keys, held, neighbours, scratch)
            held = neighbours
        sort_by_column(keys, held, scratch)
        for at in range(held):
            item = column_of(keys[at])
            found[end + at], kept[end + at] = item, values[item]
        counts[row] = held
        end += held
    return found[:end].copy(), kept[:end].copy(), counts
