"""Intervals around means, from a fixed number of buckets of users.

Users are dealt into 4,096 buckets, each of which keeps only sums, so that memory does not grow
with users and means stay exact. The bootstrap draws buckets instead of users: up to 4,096 users
each has a bucket of their own and it is the ordinary one (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, section 13.3, percentile interval); past that it is the
bootstrap of equal random groups, whose spread has the same expectation.
"""

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

BUCKETS = 4096
DRAWS = 1000
LEVEL = 0.95
Values = npt.NDArray[np.float64]


def dealt(first: int, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Buckets [count] of the users numbered `first` onwards.

    Each round of 4,096 users fills every bucket once, in an order drawn for that round: the
    sizes stay equal, and no pattern in the order of the ids can gather in a bucket.
    """
    rounds = range(first // BUCKETS, (first + count - 1) // BUCKETS + 1) if count else range(0)
    orders = [np.random.default_rng([seed, turn]).permutation(BUCKETS) for turn in rounds]
    begin = first % BUCKETS
    buckets = np.concatenate([np.zeros(0, np.int64), *orders])
    return np.asarray(buckets[begin : begin + count], np.int64)


class Sums:
    """Sums and counts of the values of users, by bucket and column."""

    def __init__(self, columns: int) -> None:
        self.sums = np.zeros((columns, BUCKETS))
        self.counts = np.zeros((columns, BUCKETS))

    def add(self, buckets: npt.NDArray[np.int64], values: Values) -> None:
        """Add values [columns, users]; NaN is left out.

        One value at a time in the order of users, so that sums do not depend on the blocks.
        """
        for sums, counts, column in zip(self.sums, self.counts, values, strict=True):
            known = np.logical_not(np.isnan(column))
            np.add.at(sums, buckets[known], column[known])
            np.add.at(counts, buckets[known], 1.0)

    @property
    def used(self) -> npt.NDArray[np.bool_]:
        """Whether any column has a value in a bucket [buckets]."""
        return np.asarray(self.counts.any(axis=0), np.bool_)

    @property
    def users(self) -> npt.NDArray[np.int64]:
        """Values that were added [columns]."""
        return np.asarray(self.counts.sum(axis=1), np.int64)

    @property
    def means(self) -> Values:
        """Mean of each column, NaN where nothing was added."""
        with np.errstate(invalid="ignore"):
            means: Values = self.sums.sum(axis=1) / self.counts.sum(axis=1)
        return means

    def interval(self, weights: Values) -> tuple[Values, Values]:
        """Ends [columns] of the interval of each mean, from `weights` of `draws`."""
        with threadpool_limits(1), np.errstate(invalid="ignore"):
            drawn = (weights @ self.sums.T) / (weights @ self.counts.T)  # [draws, columns]
        return _quantile(drawn, (1 - LEVEL) / 2), _quantile(drawn, (1 + LEVEL) / 2)


def draws(used: npt.NDArray[np.bool_], seed: int) -> Values:
    """How often each bucket is drawn [draws, buckets]; only buckets in use are.

    All columns share the draws, so that lists of the same users are compared draw by draw.
    """
    places = np.flatnonzero(used)
    weights = np.zeros((DRAWS, BUCKETS))
    generator = np.random.default_rng(seed)
    for draw in range(DRAWS if len(places) else 0):
        chosen = generator.integers(0, len(places), len(places))
        weights[draw] = np.bincount(places[chosen], minlength=BUCKETS)
    return weights


def _quantile(drawn: Values, share: float) -> Values:
    """Quantile of each column over the draws that hold one of its users, NaN without any."""
    ends = np.full(drawn.shape[1], np.nan)
    some = np.logical_not(np.isnan(drawn).all(axis=0))
    ends[some] = np.nanquantile(drawn[:, some], share, axis=0)
    return ends
