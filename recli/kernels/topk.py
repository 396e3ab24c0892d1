"""Exact top-k of dot products: which items have the largest score for each query."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.dot_tile import ITEMS, QUERIES, dot_tile, lowest_bit
from recli.kernels.selection import column_of, keep_largest, key_of, score_of, sort_best_first

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Csr = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]  # starts [rows + 1], sorted columns

Part = TypeVar("Part")

# Item rows visited while they are in the second-level cache: a multiple of any ITEMS.
_TILE = 480
# Queries that one thread takes at a time, and the most that their candidate buffers may weigh.
_RUN = 256
_BUFFER_BYTES = 1 << 26
_LARGEST = np.finfo(np.float32).max


def top_k(
    queries: Scores,
    items: Scores,
    k: int,
    exclude: Csr | None = None,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k best items of each query: columns int32 and scores float32, each [queries, k].

    `queries` [queries, factors] and `items` [items, factors] are float32. Descending score, equal
    scores by ascending column; -1 and -inf fill a row that has fewer than k items left. Columns
    in a query's row of `exclude` and those where `only` [items] is false are left out, and so is
    every score that is not finite.

    The same bits for any number of threads and any way of cutting queries into batches. Memory
    beyond the result: about 16 k bytes for each of the 256 queries that a thread works on, and
    8 k for each query.

    Raises ValueError where the shapes do not fit each other.
    """
    _check(queries, items, k, exclude, only)
    queries, items = (np.ascontiguousarray(side, np.float32) for side in (queries, items))
    starts, seen = exclude or (np.zeros(len(queries) + 1, np.int64), np.empty(0, np.int32))
    allowed = np.empty(0, np.int32) if only is None else np.flatnonzero(only).astype(np.int32)
    count = len(items) if only is None else len(allowed)
    columns = np.full((len(queries), k), -1, np.int32)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    if count == 0 or queries.size == 0 or k == 0:
        return columns, scores
    runs = _runs(len(queries), min(k, count), threads)
    spans = _spans(count, -(-threads // len(runs)))
    found = np.zeros((len(spans), len(queries), min(k, count)), np.uint64)

    def scan(work: tuple[slice, int]) -> None:
        run, part = work
        bounds = starts[run.start : run.stop + 1]
        _scan(queries[run], items, allowed, spans[part], bounds, seen, found[part, run])

    def write(run: slice) -> None:
        _merge(found[:, run], allowed, columns[run], scores[run])

    in_threads(scan, [(run, part) for part in range(len(spans)) for run in runs], threads)
    in_threads(write, runs, threads)
    return columns, scores


def in_threads(work: Callable[[Part], None], parts: Iterable[Part], threads: int) -> None:
    """Does every part, in as many threads at a time; compiled work lets go of the lock."""
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(work, parts):
            pass


def _check(queries: Scores, items: Scores, k: int, exclude: Csr | None, only: Mask | None) -> None:
    if queries.ndim != 2 or items.ndim != 2 or queries.shape[1] != items.shape[1]:
        raise ValueError(f"queries {queries.shape} and items {items.shape} differ in factors")
    if k < 0:
        raise ValueError(f"k is {k}")
    if exclude is not None and len(exclude[0]) != len(queries) + 1:
        raise ValueError(f"exclude has {len(exclude[0]) - 1} rows for {len(queries)} queries")
    if only is not None and only.shape != (len(items),):
        raise ValueError(f"only has shape {only.shape} for {len(items)} items")


def _runs(queries: int, kept: int, threads: int) -> list[slice]:
    """Whole groups of queries, small enough for the buffers and to give each thread some."""
    fitting = _BUFFER_BYTES // (16 * kept + 8 * 64)
    most = min(_RUN, fitting, -(-queries // threads))
    size = max(-(-most // QUERIES), 1) * QUERIES
    return [slice(at, min(at + size, queries)) for at in range(0, queries, size)]


def _spans(count: int, parts: int) -> list[tuple[int, int]]:
    """Where few queries leave threads without work, each takes a part of the items."""
    size = -(-count // parts)
    return [(at, min(at + size, count)) for at in range(0, count, size)]


@njit(cache=True, nogil=True)
def _scan(queries, items, allowed, span, starts, seen, found):  # type: ignore[no-untyped-def]
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
def _merge(found, allowed, columns, scores):  # type: ignore[no-untyped-def]
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
