"""Vectors of a block's users and the items nearest to them, by an index where there is one."""

import numpy as np
import numpy.typing as npt

from recli.kernels import folding, topk
from recli.kernels.served import (
    FALLBACK,
    FOLDED,
    KNOWN,
    Codes,
    Columns,
    Limits,
    Profile,
    Scores,
    Served,
)
from recli.kernels.shapes import Factors, Vectors


def queries_of(shape: Factors, profile: Profile, threads: int) -> tuple[Vectors, Codes]:
    """A vector for each user, 0 where nothing is known, and how she came to it."""
    vectors, folded = _with_folded(shape, profile, threads)
    unknown = np.logical_not(np.isfinite(vectors).all(axis=1))
    status = np.full(len(vectors), KNOWN, np.int8)
    status[folded], status[unknown] = FOLDED, FALLBACK
    return np.where(unknown[:, None], np.float32(0), vectors), status


def nearest(items: Vectors, queries: Vectors, status: Codes, limits: Limits) -> Served:
    """The k items of the largest products, by the index where that is worth asking."""
    asked = len(queries) > 0 and limits.asks_index
    found = _searched(items, queries, limits) if asked else None
    if found is None:
        exact = topk.top_k(
            queries, items, limits.k, limits.barred_of(), limits.only, limits.threads
        )
        return Served(*exact, status, failed=asked)
    return Served(*found, status)


def _with_folded(
    shape: Factors, profile: Profile, threads: int
) -> tuple[Vectors, npt.NDArray[np.int64]]:
    """User vectors, those missing made from history where there is some, and which those are."""
    count = profile.history.shape[0]
    missing = np.full((count, shape.items.shape[1]), np.nan, np.float32)
    vectors = (missing if profile.vectors is None else profile.vectors).copy()
    absent = np.isnan(vectors).any(axis=1) & (np.diff(profile.history.indptr) > 0)
    rows = np.flatnonzero(absent)
    if len(rows):
        vectors[rows] = folding.folded(shape.fold_in, profile.history[rows], shape.items, threads)
    return vectors, rows


def _searched(items: Vectors, queries: Vectors, limits: Limits) -> tuple[Columns, Scores] | None:
    """An index's answer, filtered and scored exactly; short lists are searched exactly.

    None where there is no index, or it failed.
    """
    if limits.search is None:
        return None
    barred = np.diff(limits.barred.indptr)
    allowed = len(items) if limits.only is None else int(limits.only.sum())
    # Wide enough that filters leave k to all but a few users.
    widest = (limits.k + int(np.quantile(barred, 0.99))) * len(items) / max(allowed, 1)
    offered = limits.search(queries, min(int(widest), len(items)))
    if offered is None:
        return None
    columns, scores = topk.rescored(
        queries, items, offered, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    # Filters may have eaten a list that more of the catalogue could fill.
    short = np.flatnonzero((columns[:, -1] < 0) & ((columns >= 0).sum(axis=1) < allowed - barred))
    if len(short):
        columns[short], scores[short] = topk.top_k(
            queries[short], items, limits.k, limits.barred_of(short), limits.only, limits.threads
        )
    return columns, scores
