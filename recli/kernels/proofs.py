"""Greedy choices held against their objectives, written out in full.

The compiled loops add up what changes; this computes each objective anew, for the row that was
chosen and for every later one, so that a fault of either shows.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import linalg

from recli.kernels.determinantal import LEAST
from recli.kernels.divergence import ALPHA
from recli.kernels.mixes import Coded
from recli.kernels.products import one_blas_thread
from recli.kernels.rules import Lists, Longs

Codes = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Values = Callable[[int], Doubles]  # of the rows from a place on; empty where nothing is said
_CLOSE = 1e-6  # by how much sums of values may differ
_SURE = 1e-8  # by how much what lies outside may


def beaten(starts: Longs, top: int, values_of: Callable[[int, int, int], Values]) -> int:
    """Number of lists in whose first places a row stands that a later one beats.

    `values_of` is told the number of a list, its first row and its end.
    """
    with one_blas_thread():
        return sum(
            _late(values_of(user, begin, end), min(top, end - begin))
            for user, (begin, end) in enumerate(pairwise(starts.tolist()))
        )


def _late(values: Values, places: int) -> bool:
    """Whether a later row beats the one that stands in one of the first places."""
    for place in range(places):
        worth = values(place)
        if not len(worth):
            return False
        if worth[0] < worth.max() - _CLOSE:
            return True
    return False


def volumes(scores: Doubles, alike: Doubles, rate: float) -> Values:
    """What each row of a list adds to a determinantal process, from likeness [first places, rows].

    Nothing is said from where on it is possible that no row is left that adds something. Where
    rounding could decide, it does so for the row that was chosen.
    """

    def values(place: int) -> Doubles:
        if rate == 1:
            return scores[place:]
        factor = np.linalg.cholesky(alike[:place, :place])
        within = linalg.solve_triangular(factor, alike[:place, place:], lower=True)
        outside = 1 - (within**2).sum(axis=0)
        if outside.max() < LEAST + _SURE:
            return np.zeros(0)
        outside[0] += 2 * _SURE
        outside -= _SURE
        worth = rate * scores[place:] + (1 - rate) * np.log(np.maximum(outside, _SURE))
        return np.where(outside < LEAST, -np.inf, worth)

    return values


def overlaps(lists: Lists, begin: int, end: int, top: int) -> Doubles:
    """Jaccard likeness [first places, rows] of the rows of a list."""
    held = _shares(lists, begin, end, _codes(lists, begin, end)) > 0
    both = held[:top].astype(np.float64) @ held.T
    sizes = held.sum(axis=1)
    alike: Doubles = both / np.maximum(sizes[:top, None] + sizes - both, 1)
    np.fill_diagonal(alike, 1.0)
    return alike


def cosines(units: npt.NDArray[np.float32], top: int) -> Doubles:
    """(1 + cosine) / 2 of unit vectors [rows, factors], as [first places, rows]."""
    wide = units.astype(np.float64)
    alike: Doubles = (1 + wide[:top] @ wide.T) / 2
    np.fill_diagonal(alike, 1.0)
    return alike


def coverage(scores: Doubles, coded: Coded, user: int, begin: int, rate: float) -> Values:
    """Scores and the aspects that each row of a list adds to those above it."""
    end = begin + len(scores)
    known = _codes(coded.lists, begin, end)
    likely = _shares(coded.lists, begin, end, known)
    codes, shares = _mix(coded, user)
    wanted = np.where(len(codes), 0.0, np.full(len(known), 1 / max(len(known), 1)))
    wanted[np.isin(known, codes)] = shares[np.isin(codes, known)]

    def values(place: int) -> Doubles:
        lacking = wanted * np.prod(1 - likely[:place], axis=0)
        worth: Doubles = (1 - rate) * scores[place:] + rate * (likely[place:] @ lacking)
        return worth

    return values


def divergences(scores: Doubles, coded: Coded, user: int, begin: int, rate: float) -> Values:
    """Scores less how far the mix of a list is from the one wanted, with each row added."""
    codes, wanted = _mix(coded, user)
    shares = _shares(coded.lists, begin, begin + len(scores), codes)

    def values(place: int) -> Doubles:
        if not len(codes):
            return np.zeros(0)
        mix = (shares[:place].sum(axis=0) + shares[place:]) / (place + 1)
        near = (1 - ALPHA) * mix + ALPHA * wanted
        far = (wanted * np.log(wanted / near)).sum(axis=1)
        worth: Doubles = (1 - rate) * scores[place:] - rate * far
        return worth

    return values


def _codes(lists: Lists, begin: int, end: int) -> Codes:
    """The categories of a list, sorted."""
    first, codes = lists
    return np.unique(codes[first[begin] : first[end]])


def _shares(lists: Lists, begin: int, end: int, known: Codes) -> Doubles:
    """What part of each row of a list is in each of some categories: [rows, known]."""
    first, codes = lists
    lengths = np.diff(first[begin : end + 1])
    rows, own = np.repeat(np.arange(end - begin), lengths), codes[first[begin] : first[end]]
    used = np.isin(own, known)
    shares = np.zeros((end - begin, len(known)))
    shares[rows[used], np.searchsorted(known, own[used])] = 1 / lengths[rows[used]]
    return shares


def _mix(coded: Coded, user: int) -> tuple[Codes, Doubles]:
    """Categories that a list is to have and their shares; none where nothing is known."""
    own = slice(coded.mixes.starts[user], coded.mixes.starts[user + 1])
    return coded.mixes.codes[own], coded.mixes.shares[own]
