"""Exact top-k of dot products: which items have the largest score for each query."""

import numpy as np
import numpy.typing as npt

from recli.kernels.dot_tile import QUERIES
from recli.kernels.threads import in_threads
from recli.kernels.topk_scan import merge, rescore, scan

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
Csr = tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]  # starts [rows + 1], sorted columns

# Queries that one thread takes at a time, and the most that their candidate buffers may weigh.
_RUN = 256
_BUFFER_BYTES = 1 << 26


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

    def search(work: tuple[slice, int]) -> None:
        run, part = work
        bounds = starts[run.start : run.stop + 1]
        scan(queries[run], items, allowed, spans[part], bounds, seen, found[part, run])

    def write(run: slice) -> None:
        merge(found[:, run], allowed, columns[run], scores[run])

    in_threads(search, [(run, part) for part in range(len(spans)) for run in runs], threads)
    in_threads(write, runs, threads)
    return columns, scores


def rescored(
    queries: Scores,
    items: Scores,
    offered: Columns,
    k: int,
    exclude: Csr | None = None,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k best of the columns `offered` to each query, scored and filtered as by `top_k`.

    `offered` int32 [queries, any] in any order, -1 where there is none; a repeated column counts
    once. Scores have the bits that `top_k` gives them.

    Raises ValueError where the shapes do not fit each other or a column is beyond the items.
    """
    _check(queries, items, k, exclude, only)
    if len(offered) != len(queries) or (offered.size and offered.max() >= len(items)):
        raise ValueError(f"offered {offered.shape} does not fit {len(queries)} queries and items")
    queries, items = (np.ascontiguousarray(side, np.float32) for side in (queries, items))
    offered = np.ascontiguousarray(offered, np.int32)
    starts, seen = exclude or (np.zeros(len(queries) + 1, np.int64), np.empty(0, np.int32))
    mask = np.ones(len(items), np.bool_) if only is None else only
    columns = np.full((len(queries), k), -1, np.int32)
    scores = np.full((len(queries), k), -np.inf, np.float32)
    if queries.size == 0:
        return columns, scores

    def score(run: slice) -> None:
        bounds = starts[run.start : run.stop + 1]
        rescore(queries[run], items, offered[run], bounds, seen, mask, columns[run], scores[run])

    in_threads(score, _runs(len(queries), max(k, 1), threads), threads)
    return columns, scores


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
