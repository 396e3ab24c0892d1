"""Scores of given pairs of user and item, for a block of users: those that their lists have."""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels import ratings
from recli.kernels.dot_tile import ITEMS, QUERIES, dot_tile
from recli.kernels.matrix import Matrix
from recli.kernels.nearest import queries_of
from recli.kernels.served import FALLBACK, Codes, Columns, Limits, Profile
from recli.kernels.serving import best
from recli.kernels.shapes import Factors, RatingFoldIn, Vectors
from recli.kernels.threads import in_threads

Scores = npt.NDArray[np.float32]

USERS = 128  # whose lists are made at a time
RUN = 1 << 14  # pairs that a thread takes at a time


@dataclass(frozen=True)
class Pairs:
    """Users of a profile and items, all those of a user one after the other."""

    users: Columns  # [pairs] row of the profile, rising
    items: Columns  # [pairs] number of the item, -1 where the model does not know it


@dataclass(frozen=True)
class Scored:
    """What each pair scores, NaN where the model has nothing to say of it, and how."""

    scores: Scores  # [pairs]
    status: Codes  # [pairs] number in STATUS
    lowest: float = -np.inf  # rating that a score may be read as
    highest: float = np.inf


@singledispatch
def scored(shape: object, profile: Profile, pairs: Pairs, threads: int) -> Scored:
    """What a shape makes of pairs: the score that a list by `best` would give the item."""
    scores = np.full(len(pairs.users), np.nan, np.float32)
    status = np.full(len(pairs.users), FALLBACK, np.int8)
    for first in range(0, profile.history.shape[0], USERS):
        begin, end = np.searchsorted(pairs.users, [first, first + USERS])
        run = slice(begin, end)
        asked = Pairs(pairs.users[run] - np.int32(first), pairs.items[run])
        if (asked.items >= 0).any():
            some = _part(profile, slice(first, first + USERS))
            scores[run], status[run] = _listed(shape, some, asked, threads)
    return Scored(scores, status)


@scored.register
def _(shape: Factors, profile: Profile, pairs: Pairs, threads: int) -> Scored:
    """Of a model of ratings every pair has a score: what is not known is as it is on average."""
    vectors, status = queries_of(shape, profile, threads)
    unknown = status == FALLBACK
    of_pairs = status[pairs.users]
    if not isinstance(shape.fold_in, RatingFoldIn):
        found = dots(vectors, shape.items, pairs, threads)
        return Scored(np.where(unknown[pairs.users], np.float32(np.nan), found), of_pairs)
    way, factors = shape.fold_in, shape.items.shape[1] - 2
    vectors = np.where(unknown[:, None], ratings.nobody(1, factors, way.mean), vectors)
    items = np.concatenate([shape.items, ratings.nothing(1, factors)])
    of_pairs[pairs.items < 0] = FALLBACK
    last = np.where(pairs.items < 0, np.int32(len(shape.items)), pairs.items)
    found = dots(vectors, items, Pairs(pairs.users, last), threads)
    return Scored(found, of_pairs, way.lowest, way.highest)


def _part(profile: Profile, rows: slice) -> Profile:
    """The profile of a run of its users."""
    vectors = None if profile.vectors is None else profile.vectors[rows]
    history = Matrix(profile.history[rows])
    return Profile(history, vectors, profile.labels[rows], profile.users[rows])


def _listed(shape: object, profile: Profile, pairs: Pairs, threads: int) -> tuple[Scores, Codes]:
    """Scores and status of pairs [pairs], found in lists of all the items asked for."""
    users, items = profile.history.shape[0], profile.history.shape[1]
    only = np.zeros(items, np.bool_)
    only[pairs.items[pairs.items >= 0]] = True
    ends = np.zeros(users + 1, np.int64)
    barred = Matrix((np.zeros(0, np.float32), np.zeros(0, np.int32), ends), shape=(users, items))
    served = best(shape, profile, Limits(int(only.sum()), barred, only, threads))
    lines, places = np.nonzero(served.columns >= 0)
    keys = lines * items + served.columns[lines, places]
    order = np.argsort(keys)
    wanted = pairs.users.astype(np.int64) * items + pairs.items
    at = np.searchsorted(keys[order], wanted).clip(max=max(len(keys) - 1, 0))
    scores = np.full(len(wanted), np.nan, np.float32)
    status: Codes = served.status[pairs.users]
    if len(keys):
        place = order[at]
        known = (keys[place] == wanted) & (pairs.items >= 0) & (status != FALLBACK)
        scores[known] = served.scores[lines[place[known]], places[place[known]]]
    return scores, status


def dots(vectors: Vectors, items: Vectors, pairs: Pairs, threads: int = 1) -> Scores:
    """Dot products [pairs] with the bits that `topk.top_k` gives them, NaN for unknown items."""
    found = np.full(len(pairs.users), np.nan, np.float32)
    sides = [np.ascontiguousarray(side, np.float32) for side in (vectors, items)]

    def work(first: int) -> None:
        run = slice(first, first + RUN)
        _dot(*sides, pairs.users[run], pairs.items[run], found[run])

    in_threads(work, range(0, len(found), RUN), threads)
    return found


@njit(cache=True, nogil=True)
def _dot(vectors, items, users, columns, found):  # type: ignore[no-untyped-def]
    """Writes the products of pairs, up to ITEMS pairs of a user in a tile."""
    factors = vectors.shape[1]
    scores, masks = np.empty((ITEMS, QUERIES), np.float32), np.empty(ITEMS, np.uint32)
    thresholds, packed = np.zeros(QUERIES, np.float32), np.zeros(factors * QUERIES, np.float32)
    rows, places = np.zeros((ITEMS, factors), np.float32), np.empty(ITEMS, np.int64)
    waiting, packed_user = 0, -1
    for pair in range(len(users) + 1):
        over = pair == len(users)
        if waiting and (over or waiting == ITEMS or users[pair] != packed_user):
            dot_tile(rows, 0, factors, packed, 0, thresholds, 0, scores, masks)
            for row in range(waiting):
                found[places[row]] = scores[row, 0]
            waiting = 0
        if over or columns[pair] < 0:
            continue
        if users[pair] != packed_user:
            packed_user = users[pair]
            for factor in range(factors):
                packed[factor * QUERIES] = vectors[packed_user, factor]
        rows[waiting] = items[columns[pair]]
        places[waiting] = pair
        waiting += 1
