"""The compiled loops of exact top-k: scan the items, keep the best keys, write them out."""

import numpy as np
from numba import njit

from recli.kernels.dot_tile import ITEMS, QUERIES, dot_tile, lowest_bit
from recli.kernels.selection import (
    column_of,
    keep_largest,
    key_of,
    score_of,
    sort_any_order,
    sort_best_first,
)

# Item rows visited while they are in the second-level cache: a multiple of any ITEMS.
_TILE = 480
_LARGEST = np.finfo(np.float32).max


@njit(cache=True, nogil=True)
def scan(queries, items, allowed, span, starts, seen, found):  # type: ignore[no-untyped-def]
    """Best keys of each query among one span of items, into `found` [queries, kept]."""
    first, last = span
    count, factors = queries.shape
    packed = _pack(queries)
    groups = packed.size // (QUERIES * factors)
    thresholds = np.full(groups * QUERIES, np.float32(np.inf))
    thresholds[:count] = -np.inf
    kept = min(found.shape[1], last - first)
    buffers = np.empty((count, min(2 * kept + 64, last - first)), np.uint64)
    scratch = np.empty(buffers.shape[1], np.uint64)
    state = np.zeros((count, 3), np.int64)  # keys held, of these free of seen items, place in seen
    state[:, 2] = starts[:-1]
    scores = np.empty((ITEMS, QUERIES), np.float32)
    masks = np.empty(ITEMS, np.uint32)
    rows = np.zeros((_TILE, factors), np.float32)
    for begin in range(first, last, _TILE):
        height = min(_TILE, last - begin)
        tile = _tile(items, allowed, begin, height, rows)
        for group in range(groups):
            base = group * QUERIES
            for row in range(0, height, ITEMS):
                dot_tile(
                    tile, row, factors, packed, base * factors, thresholds, base, scores, masks
                )
                for i in range(min(ITEMS, height - row)):
                    mask = masks[i]
                    while mask != 0:
                        lane = lowest_bit(mask)
                        mask &= mask - np.uint32(1)
                        score = scores[i, lane]
                        if score > _LARGEST:
                            continue
                        query = base + lane
                        held = state[query, 0]
                        if held == buffers.shape[1]:
                            held = _shrink(
                                buffers[query],
                                state[query],
                                kept,
                                allowed,
                                seen,
                                starts[query + 1],
                                scratch,
                            )
                            if held == kept:
                                thresholds[query] = score_of(scratch[0])
                        buffers[query, held] = key_of(score, begin + row + i)
                        state[query, 0] = held + 1
    for query in range(count):
        keys = buffers[query]
        held = _shrink(keys, state[query], kept, allowed, seen, starts[query + 1], scratch)
        sort_best_first(keys, held, scratch)
        found[query, :held] = keys[:held]


@njit(cache=True, nogil=True)
def _pack(queries):  # type: ignore[no-untyped-def]
    """Queries as dot_tile reads them: [groups, factors, QUERIES], flat; zeros fill the last."""
    count, factors = queries.shape
    groups = (count + QUERIES - 1) // QUERIES
    packed = np.zeros((groups, factors, QUERIES), np.float32)
    for query in range(count):
        packed[query // QUERIES, :, query % QUERIES] = queries[query]
    return packed.reshape(packed.size)


@njit(cache=True, nogil=True)
def _tile(items, allowed, begin, height, rows):  # type: ignore[no-untyped-def]
    """Rows of items to read in whole tiles: in place, or copied where they are not together."""
    if allowed.size == 0 and height % ITEMS == 0:
        return items[begin : begin + height]
    for row in range(height):
        rows[row] = items[allowed[begin + row] if allowed.size else begin + row]
    return rows


@njit(cache=True, nogil=True)
def _shrink(keys, state, kept, allowed, seen, end, scratch):  # type: ignore[no-untyped-def]
    """Drops seen items, then all but the best; returns how many stay, the least in scratch[0].

    New keys stand in column order behind the old ones, as the query's seen items do: one walk
    along both, never back, serves the whole scan.
    """
    held, clean, at = state
    for i in range(clean, held):
        column = column_of(keys[i])
        if allowed.size:
            column = allowed[column]
        while at < end and seen[at] < column:
            at += 1
        if at == end or seen[at] != column:
            keys[clean] = keys[i]
            clean += 1
    if clean >= kept:
        scratch[0] = keep_largest(keys, clean, kept, scratch)
        clean = kept
    state[0], state[1], state[2] = clean, clean, at
    return clean


@njit(cache=True, nogil=True)
def merge(found, allowed, columns, scores):  # type: ignore[no-untyped-def]
    """Columns and scores of the best keys of [spans, queries, kept], each row sorted."""
    spans, queries, kept = found.shape
    place = np.empty(spans, np.int64)
    for query in range(queries):
        place[:] = 0
        for rank in range(kept):
            best, chosen = np.uint64(0), 0
            for part in range(spans):
                if place[part] < kept and found[part, query, place[part]] > best:
                    best, chosen = found[part, query, place[part]], part
            if best == 0:
                break
            place[chosen] += 1
            column = column_of(best)
            columns[query, rank] = allowed[column] if allowed.size else column
            scores[query, rank] = score_of(best)


@njit(cache=True, nogil=True)
def rescore(queries, items, offered, starts, seen, mask, found, best):  # type: ignore[no-untyped-def]
    """Writes columns `found` and scores `best` [queries, k] of the columns offered."""
    count, factors = queries.shape
    scores, masks = np.empty((ITEMS, QUERIES), np.float32), np.empty(ITEMS, np.uint32)
    thresholds = np.zeros(QUERIES, np.float32)
    keys, scratch = np.empty(offered.shape[1], np.uint64), np.empty(offered.shape[1], np.uint64)
    columns, rows = np.empty(ITEMS, np.int32), np.zeros((ITEMS, factors), np.float32)
    for query in range(count):
        packed = _pack(queries[query : query + 1])
        barred = seen[starts[query] : starts[query + 1]]
        held, waiting = 0, 0
        for i in range(offered.shape[1]):
            column = offered[query, i]
            if column >= 0 and mask[column] and not _holds(barred, column):
                columns[waiting] = column
                rows[waiting] = items[column]
                waiting += 1
            if waiting == ITEMS or i + 1 == offered.shape[1]:
                dot_tile(rows, 0, factors, packed, 0, thresholds, 0, scores, masks)
                for row in range(waiting):
                    if np.isfinite(scores[row, 0]):
                        keys[held] = key_of(scores[row, 0], columns[row])
                        held += 1
                waiting = 0
        sort_any_order(keys, held, scratch)
        rank = 0
        for i in range(held):
            if rank < found.shape[1] and (i == 0 or keys[i] != keys[i - 1]):
                found[query, rank] = column_of(keys[i])
                best[query, rank] = score_of(keys[i])
                rank += 1


@njit(cache=True, nogil=True)
def _holds(ordered, value):  # type: ignore[no-untyped-def]
    """Whether a sorted array holds a value."""
    at = np.searchsorted(ordered, value)
    return at < ordered.size and ordered[at] == value
