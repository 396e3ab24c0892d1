"""Two lists of each user held against each other: what stayed, what moved and how far."""

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.exposure import Counts
from recli.kernels.lists import Rows, Values

PERSISTENCE = 0.9  # p of RBO: the first ten places have 86% of the weight
OVERLAP, CHURN, JACCARD, RBO, IDENTICAL = range(5)  # rows of `compared`
OLD, NEW, DIFFERENCE = range(3)  # rows of `common`


def compared(old: Rows, new: Rows, k: int, items: int, p: float = PERSISTENCE) -> Values:
    """Measures [5, users] of the first k places of two lists, NaN where a user has only one.

    A repeated item counts once, in its first place. Overlap is the number of items in both over
    the length of the longer list, so that it is |A and B| / k for full lists and 1 for the same
    short ones; churn the share of the new list's items that the old one has not. RBO is
    extrapolated and bears lists of different lengths: Webber, Moffat and Zobel, "A similarity
    measure for indefinite rankings" (TOIS 2010), equation 32.
    """
    found = np.full((5, len(old.lengths)), np.nan)
    depth = min(k, int(max(old.lengths.max(initial=1), new.lengths.max(initial=1))))
    scratch = np.full((2, items), -1, np.int32), np.zeros(items, np.int32)
    rows = (old.starts, old.items, new.starts, new.items)
    _compare(*rows, k, p, found, *scratch, np.zeros(depth, np.int64))
    return found


def shown(rows: Rows, k: int, values: Values, exposure: Counts) -> Values:
    """Mean value [users] of the items in the first k places, NaN where there are none.

    Adds 1 to `exposure` [items] for each list that holds an item there; `values` [items].
    """
    means = np.full(len(rows.lengths), np.nan)
    _show(rows.starts, rows.items, k, values, exposure, means, np.full(len(values), -1, np.int32))
    return means


def common(
    old: Rows, old_scores: Values, new: Rows, new_scores: Values, items: int
) -> tuple[Values, npt.NDArray[np.float64]]:
    """Sums [3, users] of the scores of the items in both lists, and their numbers [users].

    Old scores, new ones, and the differences; scores [rows], NaN is left out.
    """
    sums, pairs = np.zeros((3, len(old.lengths))), np.zeros(len(old.lengths))
    scratch = np.full((2, items), -1, np.int32), np.zeros(items)
    _common(
        old.starts, old.items, old_scores, new.starts, new.items, new_scores, sums, pairs, *scratch
    )
    return np.where(pairs > 0, sums, np.nan), pairs


@njit(cache=True)
def _compare(  # type: ignore[no-untyped-def]
    old_starts, old_items, new_starts, new_items, k, p, found, mark, place, arrivals
):
    """Writes the five measures of each user; `place` is an item's place in the old list."""
    for user in range(len(old_starts) - 1):
        old_length = 0
        for at in range(old_starts[user], min(old_starts[user] + k, old_starts[user + 1])):
            item = old_items[at]
            if mark[0, item] != user:
                mark[0, item] = user
                place[item] = old_length
                old_length += 1
        new_length = 0
        both = 0
        kept = 0
        arrivals[:] = 0
        for at in range(new_starts[user], min(new_starts[user] + k, new_starts[user + 1])):
            item = new_items[at]
            if mark[1, item] == user:
                continue
            mark[1, item] = user
            if mark[0, item] == user:
                both += 1
                kept += place[item] == new_length
                arrivals[max(place[item], new_length)] += 1
            new_length += 1
        if old_length == 0 or new_length == 0:
            continue
        short, long = min(old_length, new_length), max(old_length, new_length)
        same = kept == long
        found[OVERLAP, user] = both / long
        found[CHURN, user] = (new_length - both) / new_length
        found[JACCARD, user] = both / (old_length + new_length - both)
        found[RBO, user] = 1.0 if same else _rbo(arrivals, short, long, p)
        found[IDENTICAL, user] = same


@njit(cache=True)
def _rbo(arrivals, short, long, p):  # type: ignore[no-untyped-def]
    """Equation 32; `arrivals[d]` items are in both lists from depth d + 1 on."""
    total = 0.0
    agreed = 0  # X_d
    agreed_short = 0  # X_s
    weight = 1.0
    for depth in range(1, long + 1):
        agreed += arrivals[depth - 1]
        weight *= p
        total += agreed / depth * weight
        if depth == short:
            agreed_short = agreed
        if depth > short:
            total += agreed_short * (depth - short) / (short * depth) * weight
    tail = (agreed - agreed_short) / long + agreed_short / short
    return (1 - p) / p * total + tail * weight


@njit(cache=True)
def _show(starts, items, k, values, exposure, means, mark):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        total = 0.0
        count = 0
        for at in range(starts[user], min(starts[user] + k, starts[user + 1])):
            item = items[at]
            if mark[item] != user:
                mark[item] = user
                exposure[item] += 1
                total += values[item]
                count += 1
        if count:
            means[user] = total / count


@njit(cache=True)
def _common(  # type: ignore[no-untyped-def]
    old_starts, old_items, old_scores, new_starts, new_items, new_scores, sums, pairs, mark, score
):
    for user in range(len(old_starts) - 1):
        for at in range(old_starts[user + 1] - 1, old_starts[user] - 1, -1):
            mark[0, old_items[at]] = user
            score[old_items[at]] = old_scores[at]
        for at in range(new_starts[user], new_starts[user + 1]):
            item = new_items[at]
            if mark[1, item] == user:
                continue
            mark[1, item] = user
            change = new_scores[at] - score[item]
            if mark[0, item] == user and not np.isnan(change):
                pairs[user] += 1
                sums[OLD, user] += score[item]
                sums[NEW, user] += new_scores[at]
                sums[DIFFERENCE, user] += change
