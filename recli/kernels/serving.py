"""Top-k of each shape for a block of users: one function a shape, none a model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels import filtering, folding, neighbours, popular, topk
from recli.kernels.matrix import Matrix
from recli.kernels.shapes import Factors, ItemFeatures, ItemFilter, ItemScores, ItemWeights, Vectors

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]
# Queries [users, factors] and k to item numbers [users, k], -1 where there are none; None where
# the index failed and the search must be exact.
Search = Callable[[Vectors, int], Columns | None]
# An index is not asked where filters leave less of the catalogue than this: exact is as fast.
LEAST_SHARE = 0.25


# How a user came to a list: by what was learned of her, or of everybody; from her history as it
# is now; from what else is known of her; or as anybody of whom nothing is known.
STATUS = ("known", "folded", "cold", "fallback")
KNOWN, FOLDED, COLD, FALLBACK = range(4)


@dataclass(frozen=True)
class Profile:
    """What is known of the users of a block."""

    history: Matrix  # [users, items]
    vectors: Vectors | None  # [users, factors], NaN where nothing is known but the history
    labels: Columns  # [users] number of the segment of each, -1 for none


@dataclass(frozen=True)
class Limits:
    """What may be offered, and how it is searched."""

    k: int
    barred: Matrix  # [users, items] that must not be offered
    only: Mask | None = None  # [items] that may be offered
    threads: int = 1
    search: Search | None = None  # an index; exact search where there is none

    @property
    def asks_index(self) -> bool:
        """Whether there is an index, and filters leave enough to make it worth asking."""
        enough = self.only is None or bool(self.only.mean() >= LEAST_SHARE)
        return self.search is not None and enough

    def barred_of(self, rows: npt.NDArray[np.int64] | None = None) -> topk.Csr:
        """Starts int64 and sorted columns int32 of what is barred, of some users or all."""
        barred = self.barred if rows is None else self.barred[rows]
        return barred.indptr.astype(np.int64), barred.indices.astype(np.int32)


@dataclass(frozen=True)
class Served:
    """Lists padded with -1 and -inf, and how each user came to one."""

    columns: Columns  # [users, k]
    scores: Scores  # [users, k]
    status: Codes  # [users] number in STATUS
    failed: bool = False  # the index gave no answer, and the search was exact


@singledispatch
def best(shape: object, profile: Profile, limits: Limits) -> Served:
    """The k best items of each user, by falling score, equal ones by number."""
    raise TypeError(f"no way to serve {type(shape).__name__} with {profile} within {limits}")


@best.register
def _(shape: ItemScores, profile: Profile, limits: Limits) -> Served:
    count = profile.history.shape[0]
    parted = shape.scores.shape[1] > 1
    rows = profile.labels + np.int32(1) if parted else np.zeros(count, np.int32)
    columns = np.full((count, limits.k), -1, np.int32)
    scores = np.full((count, limits.k), -np.inf, np.float32)
    for row in np.unique(rows):
        users = np.flatnonzero(rows == row)
        own = shape.scores[:, row]
        order = popular.order_of(own, limits.only)
        found = popular.first_k(order, own, limits.k, limits.barred[users])
        columns[users, : found[0].shape[1]], scores[users, : found[0].shape[1]] = found
    return Served(columns, scores, np.full(count, KNOWN, np.int8))


@best.register
def _(shape: ItemWeights, profile: Profile, limits: Limits) -> Served:
    return _summed(profile.history, shape.weights, limits)


@best.register
def _(shape: ItemFeatures, profile: Profile, limits: Limits) -> Served:
    summed = profile.history.astype(np.float64) @ shape.describes
    features = sparse.csr_array(summed.astype(np.float32))
    features.sort_indices()
    return _summed(features, shape.items_of, limits)


@best.register
def _(shape: ItemFilter, profile: Profile, limits: Limits) -> Served:
    found = filtering.top_k(
        profile.history, shape, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    return _of_history(*found)


@best.register
def _(shape: Factors, profile: Profile, limits: Limits) -> Served:
    vectors, folded = _with_folded(shape, profile, limits.threads)
    unknown = np.logical_not(np.isfinite(vectors).all(axis=1))
    status = np.full(len(vectors), KNOWN, np.int8)
    status[folded], status[unknown] = FOLDED, FALLBACK
    queries = np.where(unknown[:, None], np.float32(0), vectors)
    asked = len(queries) > 0 and limits.asks_index
    found = _searched(shape.items, queries, limits) if asked else None
    if found is None:
        exact = topk.top_k(
            queries, shape.items, limits.k, limits.barred_of(), limits.only, limits.threads
        )
        return Served(*exact, status, failed=asked)
    return Served(*found, status)


def _summed(history: Matrix, weights: Matrix, limits: Limits) -> Served:
    """Lists by sums of the rows of weights that a history names."""
    found = neighbours.score_top_k(
        history, weights, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    return _of_history(*found)


def _of_history(columns: Columns, scores: Scores) -> Served:
    # A history whose neighbours were all seen or barred says as little as none.
    nothing = (columns[:, :1] < 0).all(axis=1)
    return Served(columns, scores, np.where(nothing, FALLBACK, FOLDED).astype(np.int8))


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
