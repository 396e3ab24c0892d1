"""Choosing the best few of many scored columns, in one total order that knows no ties."""

import numpy as np
import numpy.typing as npt
from numba import njit

Keys = npt.NDArray[np.uint64]

# A key is an unsigned integer whose order is the order of recommendation: the score's bits, made
# monotone, above the inverted column. The largest key is the best score, and of equal scores the
# lowest column. No finite score makes key 0, so 0 says "nothing here".
_SIGN = np.uint32(0x80000000)
_ALL = np.uint32(0xFFFFFFFF)
_HALF = np.uint64(32)
_BYTE = np.uint64(255)


@njit(cache=True, nogil=True)
def key_of(score, column):  # type: ignore[no-untyped-def]
    """The key of one float32 score and its column; -0.0 counts as 0.0."""
    bits = np.float32(score + np.float32(0.0)).view(np.uint32)
    ordered = ~bits if bits & _SIGN else bits | _SIGN
    return (np.uint64(ordered) << _HALF) | np.uint64(_ALL - np.uint32(column))


@njit(cache=True, nogil=True)
def column_of(key):  # type: ignore[no-untyped-def]
    """The column inside a key."""
    return np.int32(_ALL - np.uint32(key & np.uint64(_ALL)))


@njit(cache=True, nogil=True)
def score_of(key):  # type: ignore[no-untyped-def]
    """The float32 score inside a key."""
    ordered = np.uint32(key >> _HALF)
    bits = ordered & ~_SIGN if ordered & _SIGN else ~ordered
    return np.uint32(bits).view(np.float32)


@njit(cache=True, nogil=True)
def nth_largest(keys, count, n, scratch):  # type: ignore[no-untyped-def]
    """The n-th largest (from 1) of the first `count` keys, all different.

    Quickselect (Hoare 1961) on a copy in `scratch`.
    """
    for i in range(count):
        scratch[i] = keys[i]
    low, high, want = 0, count - 1, count - n
    while low < high:
        first, middle, last = scratch[low], scratch[(low + high) // 2], scratch[high]
        pivot = max(min(first, middle), min(max(first, middle), last))
        # Every key goes through the same moves, whichever side it belongs to: the processor
        # would guess a branch here wrong half the time.
        smaller = low
        for i in range(low, high + 1):
            key = scratch[i]
            scratch[i] = scratch[smaller]
            scratch[smaller] = key
            smaller += key < pivot
        if want < smaller:
            high = smaller - 1
        else:
            low = smaller
            # The pivot is the least of the upper part: in front of that, it is in its place.
            at = low
            while scratch[at] != pivot:
                at += 1
            scratch[at] = scratch[low]
            scratch[low] = pivot
            if want == low:
                return pivot
            low += 1
    return scratch[want]


@njit(cache=True, nogil=True)
def keep_largest(keys, count, n, scratch):  # type: ignore[no-untyped-def]
    """Moves the n largest of the first `count` keys to the front, in the order they stood.

    Returns the least of them.
    """
    least = nth_largest(keys, count, n, scratch)
    kept = 0
    for i in range(count):
        key = keys[i]
        keys[kept] = key
        kept += key >= least
    return least


@njit(cache=True, nogil=True)
def sort_best_first(keys, count, scratch):  # type: ignore[no-untyped-def]
    """Sorts the first `count` keys, best first, in place; they must stand in column order."""
    _sort_bytes(keys, count, scratch, 4, 8)


@njit(cache=True, nogil=True)
def sort_any_order(keys, count, scratch):  # type: ignore[no-untyped-def]
    """Sorts the first `count` keys, best first, in place, in whatever order they stand."""
    _sort_bytes(keys, count, scratch, 0, 8)


@njit(cache=True, nogil=True)
def write_best(keys, held, scratch, columns, scores):  # type: ignore[no-untyped-def]
    """Writes the best of the first `held` keys, best first, as many as `columns` has places."""
    if held > columns.size:
        keep_largest(keys, held, columns.size, scratch)
        held = columns.size
    sort_any_order(keys, held, scratch)
    for rank in range(held):
        columns[rank] = column_of(keys[rank])
        scores[rank] = score_of(keys[rank])


@njit(cache=True, nogil=True)
def sort_by_column(keys, count, scratch):  # type: ignore[no-untyped-def]
    """Sorts the first `count` keys by ascending column, in place."""
    _sort_bytes(keys, count, scratch, 0, 4)


@njit(cache=True, nogil=True)
def _sort_bytes(keys, count, scratch, lowest, highest):  # type: ignore[no-untyped-def]
    """A stable radix sort, largest first; a byte that is the same in all keys costs nothing."""
    buckets = np.zeros((8, 257), np.int32)
    for i in range(count):
        for byte in range(lowest, highest):
            buckets[byte, np.int64((~keys[i] >> np.uint64(8 * byte)) & _BYTE) + 1] += 1
    source, target = keys, scratch
    for byte in range(lowest, highest):
        shift = np.uint64(8 * byte)
        starts = buckets[byte]
        if starts[np.int64((~source[0] >> shift) & _BYTE) + 1] == count:
            continue
        for value in range(256):
            starts[value + 1] += starts[value]
        for i in range(count):
            key = source[i]
            bucket = np.int64((~key >> shift) & _BYTE)
            target[starts[bucket]] = key
            starts[bucket] += 1
        source, target = target, source
    for i in range(count):
        keys[i] = source[i]
