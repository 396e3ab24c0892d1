"""Top-k of each shape for a block of users: one function a shape, none a model."""

from functools import singledispatch

import numpy as np

from recli.kernels import (
    feature_scan,
    graph_filter,
    lots,
    neighbours,
    popular,
    profiles,
    user_neighbours,
)
from recli.kernels.matrix import Matrix
from recli.kernels.nearest import nearest, queries_of
from recli.kernels.served import KNOWN, Limits, Profile, Served, of_history
from recli.kernels.shapes import (
    Factors,
    GraphFilter,
    ItemFeatures,
    ItemScores,
    ItemWeights,
    RandomScores,
    UserNeighbours,
)


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
    found = feature_scan.top_k(
        profiles.of(profile.history, shape),
        shape.worth,
        limits.k,
        limits.barred_of(),
        limits.only,
        limits.threads,
    )
    return of_history(*found)


@best.register
def _(shape: RandomScores, profile: Profile, limits: Limits) -> Served:
    items = limits.barred.shape[1]
    mask = np.ones(items, np.bool_) if limits.only is None else limits.only
    found = lots.top_k(
        profile.users, mask, limits.k, limits.barred_of(), shape.seed, limits.threads
    )
    return Served(*found, np.full(len(profile.users), KNOWN, np.int8))


@best.register
def _(shape: GraphFilter, profile: Profile, limits: Limits) -> Served:
    found = graph_filter.top_k(
        profile.history, shape, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    return of_history(*found)


@best.register
def _(shape: UserNeighbours, profile: Profile, limits: Limits) -> Served:
    found = user_neighbours.top_k(
        profile.history, shape, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    return of_history(*found)


@best.register
def _(shape: Factors, profile: Profile, limits: Limits) -> Served:
    queries, status = queries_of(shape, profile, limits.threads)
    return nearest(shape.items, queries, status, limits)


def _summed(history: Matrix, weights: Matrix, limits: Limits) -> Served:
    """Lists by sums of the rows of weights that a history names."""
    found = neighbours.score_top_k(
        history, weights, limits.k, limits.barred_of(), limits.only, limits.threads
    )
    return of_history(*found)
