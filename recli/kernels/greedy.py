"""Compiled loops that choose the rows of a list one place after the other."""

import numpy as np
from numba import njit

EVEN = 1e-12  # values closer than this are equal, so that no rounding decides


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def laid_across(begin, end, at, vectors, across):  # type: ignore[no-untyped-def]
    """Write the vectors of a list's rows as columns of `across` [factors, >= rows]."""
    for row in range(begin, end):
        for factor in range(vectors.shape[1]):
            across[factor, row - begin] = vectors[at[row], factor]


@njit(cache=True, nogil=True)
def cosines(across, count, one, found):  # type: ignore[no-untyped-def]
    """Write the dot products [count] of all columns with one of them.

    They are added factor by factor, so that they come out alike wherever a list stands.
    """
    found[:count] = 0
    for factor in range(across.shape[0]):
        weight = across[factor, one]
        for row in range(count):
            found[row] += weight * across[factor, row]


@njit(cache=True, nogil=True)
def keep_rest(order, free, begin, taken):  # type: ignore[no-untyped-def]
    """Put the rows of a list that are still free behind those taken, in their order."""
    place = begin + taken
    for row in range(len(free)):
        if free[row]:
            order[place] = begin + row
            place += 1


@njit(cache=True, nogil=True)
def diversified(  # type: ignore[no-untyped-def]
    begin_user, end_user, starts, scores, first, codes, at, vectors, rate, top, order
):
    """Greedy maximal marginal relevance: writes the row at each place of some lists to `order`.

    `scores` [rows] lie in 0..1; similarity is that of the unit `vectors` [items + 1, factors] at
    `at` [rows], or of codes where there are no factors. The first `top` places are chosen, the
    rest keep their order. Ties go to the earlier row.
    """
    longest = 0
    for user in range(begin_user, end_user):
        longest = max(longest, starts[user + 1] - starts[user])
    across = np.empty((vectors.shape[1], longest))
    nearest = np.empty(longest)
    similar = np.empty(longest)
    free = np.empty(longest, np.bool_)
    for user in range(begin_user, end_user):
        begin, count = starts[user], starts[user + 1] - starts[user]
        chosen = min(top, count)
        laid_across(begin, begin + count, at, vectors, across)
        nearest[:count] = 0
        free[:count] = True
        for place in range(chosen):
            best, best_value = -1, -np.inf
            for row in range(count):
                value = rate * scores[begin + row] - (1 - rate) * nearest[row]
                if free[row] and value > best_value:
                    best, best_value = row, value
            free[best] = False
            order[begin + place] = begin + best
            if place + 1 == chosen:
                break
            if vectors.shape[1]:
                cosines(across, count, best, similar)
            else:
                for row in range(count):
                    similar[row] = overlap(first, codes, begin + row, begin + best)
            for row in range(count):
                nearest[row] = max(nearest[row], similar[row])
        keep_rest(order, free[:count], begin, chosen)


@njit(cache=True, nogil=True)
def seldom(starts, first, codes, most):  # type: ignore[no-untyped-def]
    """Whether each row [rows] stays where a code may stand in a list at most `most` times."""
    kept = np.zeros(starts[-1], np.bool_)
    used = np.zeros(codes.max() + 1 if len(codes) else 0, np.int64)
    for user in range(len(starts) - 1):
        for row in range(starts[user], starts[user + 1]):
            kept[row] = True
            for at in range(first[row], first[row + 1]):
                kept[row] &= used[codes[at]] < most
            if kept[row]:
                for at in range(first[row], first[row + 1]):
                    used[codes[at]] += 1
        for at in range(first[starts[user]], first[starts[user + 1]]):
            used[codes[at]] = 0
    return kept


@njit(cache=True, nogil=True)
def apart(starts, at, vectors, most):  # type: ignore[no-untyped-def]
    """Whether each row [rows] stays where no two unit vectors of a list may be too near."""
    kept = np.zeros(starts[-1], np.bool_)
    for user in range(len(starts) - 1):
        for row in range(starts[user], starts[user + 1]):
            near = False
            for above in range(starts[user], row):
                if kept[above] and not near:
                    cosine = 0.0
                    for factor in range(vectors.shape[1]):
                        cosine += vectors[at[row], factor] * vectors[at[above], factor]
                    near = cosine >= most
            kept[row] = not near
    return kept
