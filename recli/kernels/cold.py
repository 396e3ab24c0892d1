"""Scores for items that training never saw, by way of known items that they are like.

One linear map B carries what was learned of known items over to all items, see
`kernels/extension.py`. Vectors Y become B Y; item-item weights W become B W B^T. This is the
attribute-to-factor mapping of Gantner, Drumond, Freudenthaler, Rendle, Schmidt-Thieme, "Learning
attribute-to-feature mappings for cold-start recommendations", ICDM 2010, section IV (kNN).
Histories are carried to known items first, h B, so that what known items score stays as it was.
"""

from dataclasses import dataclass, replace
from functools import singledispatch

import numpy as np
from scipy import sparse

from recli.kernels import topk, user_neighbours
from recli.kernels.extension import Extension, ordered
from recli.kernels.matrix import Matrix
from recli.kernels.nearest import nearest, queries_of
from recli.kernels.served import Limits, Profile, Served, of_history
from recli.kernels.serving import best
from recli.kernels.shapes import (
    Factors,
    GraphFilter,
    ItemFeatures,
    ItemScores,
    ItemWeights,
    RandomScores,
    UserNeighbours,
    Vectors,
)


@dataclass(frozen=True)
class ExtendedFactors:
    """Factors that score all items, while vectors are folded in beside the known ones alone."""

    learned: Factors
    items: Vectors  # [all items, factors]
    extension: Extension


@dataclass(frozen=True, eq=False)
class ExtendedNeighbours:
    """Users like a history by known items, and what they say for all items."""

    learned: UserNeighbours
    offers: Matrix  # float32 [users, all items]


Extended = (
    ItemWeights
    | GraphFilter
    | ItemFeatures
    | ItemScores
    | RandomScores
    | ExtendedFactors
    | ExtendedNeighbours
)


@singledispatch
def extended(shape: object, extension: Extension) -> Extended:
    """What takes histories of known items, as the shape does, and scores all items."""
    raise TypeError(f"no way to extend {type(shape).__name__} to {extension.count} items")


@extended.register
def _(shape: Factors, extension: Extension) -> Extended:
    return ExtendedFactors(shape, extension.rows(shape.items), extension)


@extended.register
def _(shape: ItemWeights, extension: Extension) -> Extended:
    return replace(shape, weights=extension.columns(shape.weights))


@extended.register
def _(shape: GraphFilter, extension: Extension) -> Extended:
    last, decoder = extension.columns(shape.steps), extension.rows(shape.decoder)
    return replace(shape, last=last, decoder=decoder)


@extended.register
def _(shape: ItemFeatures, extension: Extension) -> Extended:
    return replace(shape, worth=extension.sparse_rows(shape.worth))


@extended.register
def _(shape: ItemScores, extension: Extension) -> Extended:
    return replace(shape, scores=extension.rows(shape.scores))


@extended.register
def _(shape: RandomScores, extension: Extension) -> Extended:  # noqa: ARG001
    return shape


@extended.register
def _(shape: UserNeighbours, extension: Extension) -> Extended:
    own = user_neighbours.offers_of(shape)
    offers = extension.columns(own)
    if shape.rated:
        # A rating expected of a new item is of those that its like got, not of all of its like.
        ones = sparse.csr_array((np.ones_like(own.data), own.indices, own.indptr), shape=own.shape)
        offers.data /= extension.columns(ones).data
    return ExtendedNeighbours(shape, offers)


@best.register
def _(shape: ExtendedNeighbours, profile: Profile, limits: Limits) -> Served:
    found = user_neighbours.top_k(
        profile.history,
        shape.learned,
        limits.k,
        limits.barred_of(),
        limits.only,
        limits.threads,
        shape.offers,
    )
    return of_history(*found)


@best.register
def _(shape: ExtendedFactors, profile: Profile, limits: Limits) -> Served:
    queries, status = queries_of(shape.learned, profile, limits.threads)
    if limits.search is None:
        return nearest(shape.items, queries, status, limits)
    # The index has the known items alone: the best of the new ones are found exactly.
    extension = shape.extension
    only = np.ones(extension.count, np.bool_) if limits.only is None else limits.only
    known = replace(
        limits,
        barred=ordered(sparse.csr_array(limits.barred[:, extension.known])),
        only=None if limits.only is None else only[extension.known],
    )
    found = nearest(shape.learned.items, queries, status, known)
    allowed = only & extension.is_new
    barred, k, threads = limits.barred_of(), limits.k, limits.threads
    new, _ = topk.top_k(queries, shape.items, k, barred, allowed, threads)
    offered = np.where(found.columns < 0, -1, extension.known[found.columns])
    both = np.concatenate([offered, new], axis=1).astype(np.int32)
    lists = topk.rescored(queries, shape.items, both, k, barred, limits.only, threads)
    return Served(*lists, status, found.failed)
