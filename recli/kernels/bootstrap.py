"""Intervals around means, from a fixed number of buckets of users.

Users are dealt into 4,096 buckets by a hash of their ids, each of which keeps only sums, so that
memory does not grow with users and means stay exact. The bootstrap draws buckets instead of
users (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3, percentile
interval): it is that of independent random groups, whose spread has the same expectation.
Neither buckets nor draws depend on anything but the seed, so that a list has the same interval
whatever stands beside it, and two runs over the same users can be compared draw by draw.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit
from threadpoolctl import threadpool_limits

from recli.kernels.hashing import uniform

BUCKETS = 4096
DRAWS = 1000
LEVEL = 0.95
SALT = 0x626F6F74
Values = npt.NDArray[np.float64]


def dealt(ids: pl.Series, seed: int) -> npt.NDArray[np.int64]:
    """Bucket of each user [users]."""
    # Users whom `split users` drew by the same seed would else share a few of the buckets.
    return (uniform([ids], seed ^ SALT) * BUCKETS).astype(np.int64)


class Sums:
    """Sums and counts of the values of users, by bucket and column."""

    def __init__(self, columns: int) -> None:
        self.sums = np.zeros((columns, BUCKETS))
        self.counts = np.zeros((columns, BUCKETS))
        self.users = np.zeros(columns, np.int64)  # whose values were added
        self.totals = np.zeros(columns)  # in the order of users: the same with any buckets

    def add(
        self, buckets: npt.NDArray[np.int64], values: Values, counts: Values | None = None
    ) -> None:
        """Add values [columns, users]; NaN is left out.

        With `counts` a value is the sum of so many, and means are over all of them. One value
        at a time in the order of users, so that sums do not depend on the blocks.
        """
        each = np.ones_like(values) if counts is None else np.ascontiguousarray(counts)
        _add(buckets, values, each, self.sums, self.counts, self.users, self.totals)

    @property
    def means(self) -> Values:
        """Mean of each column, NaN where nothing was added."""
        with np.errstate(invalid="ignore"):
            means: Values = self.totals / self.counts.sum(axis=1)
        return means

    def interval(self, weights: Values) -> tuple[Values, Values]:
        """Ends [columns] of the interval of each mean, from `weights` of `draws`."""
        drawn = self.drawn(weights)
        return quantile(drawn, (1 - LEVEL) / 2), quantile(drawn, (1 + LEVEL) / 2)

    def drawn(self, weights: Values) -> Values:
        """Mean of each column in each draw [draws, columns], NaN in one with none of its users."""
        with threadpool_limits(1), np.errstate(invalid="ignore"):
            means: Values = (weights @ self.sums.T) / (weights @ self.counts.T)
        return means


@njit(cache=True)
def _add(buckets, values, counts, sums, counted, users, totals):  # type: ignore[no-untyped-def]
    for at in range(values.shape[0]):
        for user in range(values.shape[1]):
            value = values[at, user]
            if not np.isnan(value):
                sums[at, buckets[user]] += value
                counted[at, buckets[user]] += counts[at, user]
                users[at] += 1
                totals[at] += value


def draws(seed: int) -> Values:
    """How often each bucket is drawn [draws, buckets]."""
    chosen = np.random.default_rng(seed).integers(0, BUCKETS, (DRAWS, BUCKETS))
    chosen += np.arange(DRAWS)[:, None] * BUCKETS
    counts = np.bincount(chosen.ravel(), minlength=DRAWS * BUCKETS)
    return counts.reshape(DRAWS, BUCKETS).astype(np.float64)


def quantile(drawn: Values, share: float) -> Values:
    """Quantile of each column over the draws that hold one of its users, NaN without any."""
    ends = np.full(drawn.shape[1], np.nan)
    some = np.logical_not(np.isnan(drawn).all(axis=0))
    ends[some] = np.nanquantile(drawn[:, some], share, axis=0)
    return ends
