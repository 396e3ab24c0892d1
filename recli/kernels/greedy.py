"""Compiled loops that choose the rows of a list one place after the other."""

import numpy as np
from numba import njit


@njit(cache=True)
def capped(starts, first, codes, count, most, top):  # type: ignore[no-untyped-def]
    """Place of each row in its list once no code fills more than `most` of the first `top`.

    `count` is the number of codes. Rows that would break the cap go behind the first `top`;
    where too few are left to fill those, they have no place: -1. Returns int64 [rows].
    """
    places = np.full(starts[-1], -1, np.int64)
    for user in range(len(starts) - 1):
        used = np.zeros(count, np.int32)
        taken = 0
        for row in range(starts[user], starts[user + 1]):
            full = taken >= top
            for at in range(first[row], first[row + 1]):
                full |= used[codes[at]] >= most
            if not full:
                places[row] = taken
                taken += 1
                for at in range(first[row], first[row + 1]):
                    used[codes[at]] += 1
        if taken < top:
            continue
        for row in range(starts[user], starts[user + 1]):
            if places[row] < 0:
                places[row] = taken
                taken += 1
    return places


@njit(cache=True)
def overlap(first, codes, one, other):  # type: ignore[no-untyped-def]
    """Jaccard similarity of the codes of two rows; 0 where both have none."""
    left, right, both = first[one], first[other], 0
    while left < first[one + 1] and right < first[other + 1]:
        if codes[left] == codes[right]:
            both += 1
            left += 1
            right += 1
        elif codes[left] < codes[right]:
            left += 1
        else:
            right += 1
    either = first[one + 1] - first[one] + first[other + 1] - first[other] - both
    return both / either if either else 0.0


@njit(cache=True)
def nearness(vectors, one, other):  # type: ignore[no-untyped-def]
    """Dot product of two rows of unit length, summed in a fixed order."""
    total = 0.0
    for at in range(vectors.shape[1]):
        total += vectors[one, at] * vectors[other, at]
    return total


@njit(cache=True)
def diversified(starts, scores, first, codes, vectors, rate, top):  # type: ignore[no-untyped-def]
    """Greedy maximal marginal relevance: the row at each place of each list, int64 [rows].

    `scores` [rows] lie in 0..1; similarity is that of `vectors` [rows, factors] of unit length,
    or of codes where there are no vectors. The first `top` places are chosen, the rest keep
    their order. Ties go to the earlier row.
    """
    order = np.empty(starts[-1], np.int64)
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        nearest = np.zeros(end - begin)
        free = np.ones(end - begin, np.bool_)
        for place in range(min(top, end - begin)):
            best, best_value = -1, -np.inf
            for at in range(end - begin):
                value = rate * scores[begin + at] - (1 - rate) * nearest[at]
                if free[at] and value > best_value:
                    best, best_value = at, value
            free[best] = False
            order[begin + place] = begin + best
            for at in range(end - begin):
                if free[at]:
                    if vectors.shape[1]:
                        similar = nearness(vectors, begin + at, begin + best)
                    else:
                        similar = overlap(first, codes, begin + at, begin + best)
                    nearest[at] = max(nearest[at], similar)
        place = begin + min(top, end - begin)
        for at in range(end - begin):
            if free[at]:
                order[place] = begin + at
                place += 1
    return order
