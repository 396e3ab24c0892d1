"""Means and covariances of users' values by group, in one pass over any number of users."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Moments:
    """What is known of a group of users."""

    users: int
    mean: Values  # [columns]
    covariance: Values  # [columns, columns], of one user; NaN with fewer than two
    some: int  # users whose first value is not 0

    @property
    def of_mean(self) -> Values:
        """Covariance [columns, columns] of the mean."""
        return self.covariance / max(self.users, 1)


class Covariances:
    """Sums of values and of their products by group; memory does not grow with users.

    Values are taken less those of the first user, so that the difference of two large sums does
    not swallow a small spread (Chan, Golub and LeVeque, "Algorithms for computing the sample
    variance", The American Statistician 1983). One user is added at a time, in order: sums do
    not depend on the blocks that users come in.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.shift: Values | None = None  # [columns]
        self.users = np.zeros(0, np.int64)  # [groups]
        self.some = np.zeros(0, np.int64)
        self.sums = np.zeros((columns, 0))
        self.products = {
            pair: np.zeros(0) for pair in combinations_with_replacement(range(columns), 2)
        }

    def add(self, values: Values, groups: Codes) -> None:
        """Add users' values [columns, users], each to the group of a number."""
        if not len(groups):
            return
        if self.shift is None:
            self.shift = values[:, 0].copy()
        self._widen(int(groups.max()) + 1)
        centred = values - self.shift[:, None]
        np.add.at(self.users, groups, 1)
        np.add.at(self.some, groups, values[0] != 0)
        for at in range(self.columns):
            np.add.at(self.sums[at], groups, centred[at])
        for (left, right), sums in self.products.items():
            np.add.at(sums, groups, centred[left] * centred[right])

    def _widen(self, groups: int) -> None:
        more = groups - len(self.users)
        if more > 0:
            self.users = np.pad(self.users, (0, more))
            self.some = np.pad(self.some, (0, more))
            self.sums = np.pad(self.sums, ((0, 0), (0, more)))
            self.products = {pair: np.pad(sums, (0, more)) for pair, sums in self.products.items()}

    def of(self, group: int) -> Moments:
        """Means and covariances of a group; it may be one to which nobody was added."""
        if self.shift is None or group >= len(self.users) or not self.users[group]:
            return Moments(0, *_unknown(self.columns), 0)
        users = int(self.users[group])
        mean = self.sums[:, group] / users
        covariance = np.empty((self.columns, self.columns))
        for (left, right), sums in self.products.items():
            both = sums[group] - users * mean[left] * mean[right]
            covariance[left, right] = covariance[right, left] = both
        with np.errstate(invalid="ignore", divide="ignore"):
            covariance = covariance / (users - 1)
        return Moments(users, mean + self.shift, covariance, int(self.some[group]))


def _unknown(columns: int) -> tuple[Values, Values]:
    return np.full(columns, np.nan), np.full((columns, columns), np.nan)
