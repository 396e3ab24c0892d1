"""Compiled mixes of the categories of rows, and how far the mix of a list is from another.

Steck, "Calibrated recommendations", RecSys 2018: a row of n categories is 1/n of each (equation
2), and the divergence from p of q(I), the mix of a list, is KL(p || (1 - a) q(I) + a p)
(equations 6 and 7), at most -log a. Rows without a category are part of a list and of no mix.

Categories of row r are codes[first[r] : first[r + 1]], each of them once.
"""

import numpy as np
from numba import njit

ALPHA = 0.01  # share of the mix wanted that keeps the divergence of a list from it finite


@njit(cache=True, nogil=True)
def mixed(starts, rows, first, codes, count):  # type: ignore[no-untyped-def]
    """The mix of the rows of each list, of those that have a category: starts, codes, shares.

    A list without such a row has none. Rows past those of `first` have no category.
    """
    known = len(first) - 1
    cells = 0
    for row in rows[starts[0] : starts[-1]]:
        if row < known:
            cells += first[row + 1] - first[row]
    found = np.zeros(len(starts), np.int64)
    mix_codes, mix_shares = np.empty(cells, np.int32), np.empty(cells)
    mass, mark, own = np.zeros(count), np.full(count, -1, np.int32), np.empty(count, np.int32)
    end = 0
    for at in range(len(starts) - 1):
        told, different = 0, 0
        for row in rows[starts[at] : starts[at + 1]]:
            if row >= known or first[row + 1] == first[row]:
                continue
            told += 1
            share = 1.0 / (first[row + 1] - first[row])
            for code in codes[first[row] : first[row + 1]]:
                if mark[code] != at:
                    mark[code] = at
                    mass[code] = 0.0
                    own[different] = code
                    different += 1
                mass[code] += share
        for code in np.sort(own[:different]):
            mix_codes[end], mix_shares[end] = code, mass[code] / told
            end += 1
        found[at + 1] = end
    return found, mix_codes[:end].copy(), mix_shares[:end].copy()


@njit(cache=True, nogil=True)
def divergences(  # type: ignore[no-untyped-def]
    starts, rows, first, codes, count, mix_starts, mix_codes, mix_shares
):
    """How far the mix of each list is from the one it is held against, NaN where there is none."""
    far = np.full(len(starts) - 1, np.nan)
    mass = np.zeros(count)
    known = len(first) - 1
    for at in range(len(starts) - 1):
        begin, end = mix_starts[at], mix_starts[at + 1]
        if begin == end:
            continue
        own = rows[starts[at] : starts[at + 1]]
        for row in own:
            if row < known:
                share = 1.0 / max(first[row + 1] - first[row], 1) / len(own)
                for code in codes[first[row] : first[row + 1]]:
                    mass[code] += share
        far[at] = 0.0
        for cell in range(begin, end):
            wanted = mix_shares[cell]
            near = (1 - ALPHA) * mass[mix_codes[cell]] + ALPHA * wanted
            far[at] += wanted * np.log(wanted / near)
        for row in own:
            if row < known:
                mass[codes[first[row] : first[row + 1]]] = 0.0
    return far
