"""Exact top-k of sparse items for sparse profiles: many users at a time, item after item."""

import numpy as np
from numba import njit

from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Csr, Mask, Scores, raw
from recli.kernels.selection import keep_largest, key_of, score_of, write_best
from recli.kernels.threads import in_threads

LANES = 16  # users whose profiles lie side by side: a vector register or two


def top_k(
    profiles: Matrix,
    worth: Matrix,
    k: int,
    exclude: Csr,
    only: Mask | None = None,
    threads: int = 1,
) -> tuple[Columns, Scores]:
    """The k items with the largest products of profile and worth: as `topk.top_k` returns them.

    `profiles` float32 [users, features], `worth` float32 [items, features]. A score is summed in
    float32 in the order of the item's features, so its bits do not depend on who else is asked
    for. An item that has nothing in common with a profile, or whose products add up to exactly
    0, has no score and is not returned.

    Memory beyond the result: 64 bytes for each feature and 400 k in each thread.
    """
    users = profiles.shape[0]
    columns = np.full((users, k), -1, np.int32)
    scores = np.full((users, k), -np.inf, np.float32)
    starts, seen = exclude
    mask = np.ones(worth.shape[0], np.bool_) if only is None else only
    left, right, features = raw(profiles), raw(worth), worth.shape[1]

    def search(first: int) -> None:
        run = slice(first, min(first + LANES, users))
        bounds = starts[run.start : run.stop + 1]
        own = (left[0][run.start : run.stop + 1], left[1], left[2])
        _scan(own, right, features, bounds, seen, mask, columns[run], scores[run])

    if k:
        in_threads(search, range(0, users, LANES), threads)
    return columns, scores


@njit(cache=True, nogil=True)
def _scan(profiles, worth, features, starts, seen, mask, found, best):  # type: ignore[no-untyped-def]
    """Writes the best columns and scores of no more than LANES users."""
    users, k = found.shape
    bounds, places, values = worth
    packed = _packed(profiles, features)
    sums = np.empty(LANES, np.float32)
    thresholds = np.full(LANES, np.float32(np.inf))
    thresholds[:users] = -np.inf
    buffers = np.empty((users, min(2 * k + 64, mask.size)), np.uint64)
    scratch = np.empty(buffers.shape[1], np.uint64)
    held, at = np.zeros(users, np.int64), starts[:-1].copy()
    for item in range(mask.size):
        if not mask[item]:
            continue
        sums[:] = np.float32(0)
        for cell in range(bounds[item], bounds[item + 1]):
            base, value = np.int64(places[cell]) * LANES, values[cell]
            for lane in range(LANES):
                sums[lane] += value * packed[base + lane]
        above = 0
        for lane in range(LANES):
            above += sums[lane] > thresholds[lane]
        if not above:
            continue
        for user in range(users):
            score = sums[user]
            if not score > thresholds[user] or score == 0 or not np.isfinite(score):
                continue
            while at[user] < starts[user + 1] and seen[at[user]] < item:
                at[user] += 1
            if at[user] < starts[user + 1] and seen[at[user]] == item:
                continue
            if held[user] == buffers.shape[1]:
                # Items come in ascending order: a later one of an equal score loses.
                thresholds[user] = score_of(keep_largest(buffers[user], held[user], k, scratch))
                held[user] = k
                if not score > thresholds[user]:
                    continue
            buffers[user, held[user]] = key_of(score, item)
            held[user] += 1
    for user in range(users):
        keys, many = buffers[user], held[user]
        write_best(keys, many, scratch, found[user], best[user])


@njit(cache=True, nogil=True)
def _packed(profiles, features):  # type: ignore[no-untyped-def]
    """Profiles as [features, LANES], flat; zeros where a user has nothing."""
    bounds, places, values = profiles
    packed = np.zeros(features * LANES, np.float32)
    for user in range(bounds.size - 1):
        for cell in range(bounds[user], bounds[user + 1]):
            packed[np.int64(places[cell]) * LANES + user] = values[cell]
    return packed
