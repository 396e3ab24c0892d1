"""Values of a policy as sums by bucket of users and group of places, with their intervals.

Each value is a sum over rows divided by another; both are kept by bucket, and buckets are drawn
again (see `bootstrap`), so that all values of one run can be compared draw by draw. What a value
owes to a model that was learned from the same rows is kept beside it, and drawn with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from recli.kernels.bootstrap import BUCKETS, LEVEL

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Value:
    """A value and the ends of its interval, and the same of it less that of the log."""

    value: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float


class Values:
    """Sums of the terms of several values, of which the first is the log's own."""

    def __init__(self, names: Sequence[str], groups: int) -> None:
        self.names = list(names)
        shape = (len(self.names), groups, BUCKETS)
        self.tops, self.bottoms = np.zeros(shape), np.zeros(shape)
        self.owed = np.zeros((len(self.names), BUCKETS))  # to the model, over all groups

    def add(self, name: str, at: tuple[Longs, Longs], top: Doubles, bottom: Doubles) -> None:
        """Add the terms of rows [rows], by group and bucket, one after the other."""
        which = self.names.index(name)
        np.add.at(self.tops[which], at, top)
        np.add.at(self.bottoms[which], at, bottom)

    def owe(self, name: str, buckets: Longs, adds: Doubles) -> None:
        """Add what rows do to a value through the model."""
        np.add.at(self.owed[self.names.index(name)], buckets, adds)

    def of(self, group: int | None, weights: Doubles) -> dict[str, Value]:
        """Every value by name, of one group or of all, by `weights` [draws, buckets]."""
        chosen = slice(None) if group is None else slice(group, group + 1)
        tops, bottoms = self.tops[:, chosen].sum(axis=1), self.bottoms[:, chosen].sum(axis=1)
        owed = self.owed if group is None else np.zeros_like(self.owed)
        with np.errstate(invalid="ignore", divide="ignore"):
            values = tops.sum(axis=1) / bottoms.sum(axis=1)
            with threadpool_limits(1):
                drawn = weights @ (tops + owed).T - owed.sum(axis=1)
                drawn = drawn / (weights @ bottoms.T)  # [draws, values]
        ends, apart = _ends(drawn), _ends(drawn - drawn[:, :1])
        return {
            name: Value(float(values[at]), *ends[at], float(values[at] - values[0]), *apart[at])
            for at, name in enumerate(self.names)
        }


def _ends(drawn: Doubles) -> list[tuple[float, float]]:
    """Percentile interval of each column over the draws in which it has a value, else NaN."""
    kept = [column[np.isfinite(column)] for column in drawn.T]
    at = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    ends = [np.quantile(one, at) if len(one) else np.full(2, np.nan) for one in kept]
    return [(float(low), float(high)) for low, high in ends]


class Overlap:
    """How well a log covers a policy: sums of its weights, by group of places."""

    def __init__(self, groups: int) -> None:
        self.rows = np.zeros(groups, np.int64)
        self.weights, self.squares, self.most = np.zeros((3, groups))

    def add(self, groups: Longs, weights: Doubles) -> None:
        """Add the weights of rows [rows]."""
        np.add.at(self.rows, groups, 1)
        np.add.at(self.weights, groups, weights)
        np.add.at(self.squares, groups, weights**2)
        np.maximum.at(self.most, groups, weights)

    def effective(self, group: int | None) -> float:
        """Rows of weight 1 that would tell as much: (sum w)^2 / sum w^2 (Kish, 1965)."""
        chosen = slice(None) if group is None else slice(group, group + 1)
        weight, square = self.weights[chosen].sum(), self.squares[chosen].sum()
        return float(weight**2 / square) if square else 0.0


def standard_error(tops: Doubles, bottoms: Doubles) -> float:
    """Of a ratio of sums over buckets [buckets], taken for independent groups."""
    total = float(bottoms.sum())
    apart = tops - bottoms * (float(tops.sum()) / total)
    return float(np.sqrt((apart**2).sum())) / total
