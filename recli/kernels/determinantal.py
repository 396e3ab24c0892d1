"""Compiled greedy search for the likeliest lists of a determinantal point process.

Chen, Zhang and Zhou, "Fast greedy MAP inference for determinantal point process to improve
recommendation diversity", NeurIPS 2018, Algorithm 1. Their kernel weighs a likeness S by
quality, L = diag(exp(a r)) S diag(exp(a r)) with a = theta / (2 (1 - theta)), which makes the
logarithm of a list's chance, times 1 - theta,

    theta sum of r  +  (1 - theta) log det S

It is computed in this form: no exponential overflows where theta comes near 1.
"""

import numpy as np
from numba import njit

from recli.kernels.greedy import EVEN, cosines, keep_rest, laid_across, overlap

# What of an item lies outside those chosen (d^2 of the paper): below this it adds nothing. The
# vectors are of single precision, and less of it would be their rounding.
LEAST = 1e-6


@njit(cache=True, nogil=True)
def likeness(across, first, codes, begin, one, alike):  # type: ignore[no-untyped-def]
    """Write to `alike` the likeness of a list's row `one` to each of its rows, 0..1.

    (1 + cosine) / 2 of unit vectors `across` [factors, rows], or of codes the Jaccard overlap
    where there are no factors. Both are positive semidefinite: no determinant is negative.
    """
    if across.shape[0]:
        cosines(across, len(alike), one, alike)
        for row in range(len(alike)):
            alike[row] = (1 + alike[row]) / 2
    else:
        for row in range(len(alike)):
            alike[row] = overlap(first, codes, begin + row, begin + one)
    alike[one] = 1.0


@njit(cache=True, nogil=True)
def spread(  # type: ignore[no-untyped-def]
    begin_user, end_user, starts, scores, first, codes, at, vectors, rate, top, order
):
    """Writes to `order` [rows] the row at each place of some lists.

    `scores` [rows] lie in 0..1; likeness is that of the unit `vectors` [items + 1, factors] at
    `at` [rows], or of codes where there are no factors. The first `top` places are chosen until
    no row is left that adds something; the rest keep their order. Ties go to the earlier row; a
    `rate` of 1 keeps the order of scores.
    """
    for user in range(begin_user, end_user):
        begin, count = starts[user], starts[user + 1] - starts[user]
        places = min(top, count)
        across = np.empty((vectors.shape[1], count))
        laid_across(begin, begin + count, at, vectors, across)
        roots = np.empty((places, count))  # rows of the Cholesky factor: c of the paper
        left = np.ones(count)  # d^2: what of each row lies outside those chosen
        alike = np.empty(count)
        free = np.ones(count, np.bool_)
        taken = 0
        while taken < places:
            best, best_value = -1, -np.inf
            for row in range(count):
                value = rate * scores[begin + row]
                # What is outside is at most 1, its logarithm at most 0.
                if not free[row] or value <= best_value:
                    continue
                if rate < 1:
                    if left[row] < LEAST:
                        continue
                    value += (1 - rate) * np.log(left[row])
                if value > best_value + EVEN:
                    best, best_value = row, value
            if best < 0:
                break
            free[best] = False
            order[begin + taken] = begin + best
            if taken + 1 < places:
                likeness(across, first, codes, begin, best, alike)
                for step in range(taken):
                    share = roots[step, best]
                    for row in range(count):
                        alike[row] -= share * roots[step, row]
                root = np.sqrt(max(left[best], LEAST))
                for row in range(count):
                    value = alike[row] / root
                    roots[taken, row] = value
                    left[row] -= value * value
            taken += 1
        keep_rest(order, free, begin, taken)
