"""Compiled greedy choice of rows that cover the aspects of what a user likes.

Santos, Macdonald and Ounis, "Exploiting query reformulations for web search result
diversification", WWW 2010 (explicit query aspect diversification): the next row i has the
largest

    (1 - lambda) P(i | u)  +  lambda sum over a of P(a | u) P(i | a) N(a)

with N(a) the product of 1 - P(j | a) over the rows j above. Aspects are categories: P(i | a) is
1/n where a is one of the n of i.
"""

import numpy as np
from numba import njit

from recli.kernels.greedy import EVEN, keep_rest


@njit(cache=True, nogil=True)
def covering(  # type: ignore[no-untyped-def]
    begin_user, end_user, starts, scores, first, codes, count,
    mix_starts, mix_codes, mix_shares, rate, top, order,
):  # fmt: skip
    """Writes to `order` [rows] the row at each place of some lists.

    `scores` [rows] lie in 0..1; mixes are P(a | u) of the same lists, and a list without one
    has its own categories, all alike. Rows behind the first `top` keep their order. Ties go to
    the earlier row.
    """
    lacking = np.zeros(count)  # P(a | u) times the chance that no row above is about a
    for user in range(begin_user, end_user):
        begin, size = starts[user], starts[user + 1] - starts[user]
        own = codes[first[begin] : first[begin + size]]
        mix = mix_codes[mix_starts[user] : mix_starts[user + 1]]
        for at in range(len(mix)):
            lacking[mix[at]] = mix_shares[mix_starts[user] + at]
        if not len(mix):
            different = 0
            for code in own:
                different += lacking[code] == 0
                lacking[code] = 1.0
            for code in own:
                lacking[code] = 1.0 / different
        free = np.ones(size, np.bool_)
        taken = 0
        while taken < min(top, size):
            best, best_value = -1, -np.inf
            for at in range(size):
                if not free[at]:
                    continue
                value = 0.0
                here, after = first[begin + at], first[begin + at + 1]
                for cell in range(here, after):
                    value += lacking[codes[cell]] / (after - here)
                value = (1 - rate) * scores[begin + at] + rate * value
                if value > best_value + EVEN:
                    best, best_value = at, value
            free[best] = False
            order[begin + taken] = begin + best
            taken += 1
            here, after = first[begin + best], first[begin + best + 1]
            for cell in range(here, after):
                lacking[codes[cell]] *= 1 - 1 / (after - here)
        keep_rest(order, free, begin, taken)
        lacking[own] = 0.0
        lacking[mix] = 0.0
