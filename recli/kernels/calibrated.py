"""Compiled greedy choice of rows whose mix of categories is near the one asked for.

Steck, "Calibrated recommendations", RecSys 2018: of the lists I of so many rows, the one with
the largest

    (1 - lambda) sum of scores  -  lambda KL(p || q),   q = (1 - a) q(I) + a p

built row by row (equation 6). q(I) is the mean mix of the rows; a row without a category is as
far from p as one of categories that p has not.
"""

import numpy as np
from numba import njit

from recli.kernels.divergence import ALPHA  # a of the equations
from recli.kernels.greedy import EVEN, keep_rest


@njit(cache=True, nogil=True)
def calibrated(  # type: ignore[no-untyped-def]
    begin_user, end_user, starts, scores, first, codes, count,
    mix_starts, mix_codes, mix_shares, rate, top, order,
):  # fmt: skip
    """Writes to `order` [rows] the row at each place of some lists.

    `scores` [rows] lie in 0..1; mixes are those of the same lists, and a list without one keeps
    its order, as do rows behind the first `top`. Ties go to the earlier row.

    All rows that could stand next make the list as long as each other, so what the divergence
    is of the categories that a row has not is the same for all: only those it has are reckoned.
    """
    wanted = np.zeros(count)  # p of this user
    mass = np.zeros(count)  # sum of the chosen rows' shares
    for user in range(begin_user, end_user):
        begin, size = starts[user], starts[user + 1] - starts[user]
        mix = mix_codes[mix_starts[user] : mix_starts[user + 1]]
        for at in range(len(mix)):
            wanted[mix[at]] = mix_shares[mix_starts[user] + at]
            mass[mix[at]] = 0.0
        free = np.ones(size, np.bool_)
        taken = 0
        while len(mix) and taken < min(top, size):
            best, best_value = -1, -np.inf
            for at in range(size):
                if not free[at]:
                    continue
                value = (1 - rate) * scores[begin + at]
                here, after = first[begin + at], first[begin + at + 1]
                for cell in range(here, after):
                    share = wanted[codes[cell]]
                    if share > 0:
                        without = (1 - ALPHA) * mass[codes[cell]] + ALPHA * (taken + 1) * share
                        more = (1 - ALPHA) / (after - here)
                        value += rate * share * np.log(1 + more / without)
                if value > best_value + EVEN:
                    best, best_value = at, value
            free[best] = False
            order[begin + taken] = begin + best
            taken += 1
            here, after = first[begin + best], first[begin + best + 1]
            for cell in range(here, after):
                mass[codes[cell]] += 1 / (after - here)
        keep_rest(order, free, begin, taken)
        for at in range(len(mix)):
            wanted[mix[at]] = 0.0
