"""Values of a policy as sums by bucket of users and group of rows, with their intervals.

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
    """Sums of the terms of several values; the first is the log's own, whose bottom is the rows."""

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

    def drawn(self, weights: Doubles) -> Drawn:
        """All values, and again with buckets drawn by `weights` [draws, buckets]."""
        ones = np.ones((1, BUCKETS))
        with threadpool_limits(1):
            again = _values(weights, self.tops, self.bottoms)
            owed = weights @ self.owed.T - self.owed.sum(axis=1)
            rows = weights @ self.bottoms[0].sum(axis=0)
        once = _values(ones, self.tops, self.bottoms)
        with np.errstate(invalid="ignore", divide="ignore"):
            again[:, :, -1] += owed / rows[:, None]
        return Drawn(self.names, once[0], again)


@dataclass(frozen=True)
class Drawn:
    """Values as found and as drawn, by group and last over all groups."""

    names: list[str]
    found: Doubles  # [values, groups + 1]
    again: Doubles  # [draws, values, groups + 1]

    def of(self, group: int | None) -> dict[str, Value]:
        """Every value by name, of one group or of all."""
        at = -1 if group is None else group
        values, drawn = self.found[:, at], self.again[:, :, at]
        ends, apart = _ends(drawn), _ends(drawn - drawn[:, :1])
        return {
            name: Value(float(one), *ends[at], float(one - values[0]), *apart[at])
            for at, (name, one) in enumerate(zip(self.names, values, strict=True))
        }


def _values(weights: Doubles, tops: Doubles, bottoms: Doubles) -> Doubles:
    """Values [draws, values, groups + 1], the last of all groups by their share of the rows.

    What is divided by its own weights would else count the places where it has most of them.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        # A product for each value: all of them at once would take as much memory as the sums.
        shares = [
            (weights @ top.T) / (weights @ bottom.T)
            for top, bottom in zip(tops, bottoms, strict=True)
        ]
        rows = weights @ bottoms[0].T  # [draws, groups]
        by_group = np.stack(shares, axis=1)
        counted = np.where(rows[:, None] > 0, by_group * rows[:, None], 0.0)
        whole = counted.sum(axis=2) / rows.sum(axis=1)[:, None]
    return np.concatenate([by_group, whole[:, :, None]], axis=2)


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
