"""What an item earns at a place: means that lean on each other, the less data the more.

Rewards of stratum s (a place, in a context), item a and volume v (1, or the chance of a look) are
expected to be v q(s, a) with

    q = b_s + (1 - y_sa) c_a + y_sa (mean_sa - b_s)

b_s: the mean of the stratum, drawn to that of all; c_a: what the item earns beyond b_s, drawn to
0; the mean of the cell itself counts by y. Each share is n / (n + k), k the variance within over
that between, both unbiased: Bühlmann and Straub, "Glaubwürdigkeit für Schadensätze", 1970.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cells:
    """Which cells there are: pairs of a stratum and an item."""

    stratum: Longs  # [cells] from 0
    item: Longs  # [cells] from 0

    def by_stratum(self, values: Doubles) -> Doubles:
        """Sums [strata] of values [cells]."""
        return np.bincount(self.stratum, values).astype(np.float64)

    def by_item(self, values: Doubles) -> Doubles:
        """Sums [items] of values [cells]."""
        return np.bincount(self.item, values).astype(np.float64)


@dataclass(frozen=True)
class Sums:
    """What rows add up to, by cell; a row of volume v counts v."""

    volume: Doubles  # [cells]
    reward: Doubles  # [cells]
    square: Doubles  # [cells] reward^2 / volume


@dataclass(frozen=True)
class Means:
    """The model, with the shares by which its parts count."""

    q: Doubles  # [cells]
    cell: Doubles  # [cells] means, b_s where nothing is known
    base: Doubles  # [strata] b_s
    level: Doubles  # [strata] means of strata
    beyond: Doubles  # [items] what rows of an item earn beyond b_s
    whole: float
    y: Doubles  # [cells]
    z: Doubles  # [items]
    x: Doubles  # [strata]


def fitted(cells: Cells, sums: Sums) -> Means:
    """The model of some sums; 0 everywhere without a row."""
    volume, reward = sums.volume, sums.reward
    total = max(float(volume.sum()), 1e-300)
    whole = float(reward.sum()) / total
    cell = _mean(reward, volume, whole)
    within = _variance(sums, cell)
    size, earned = cells.by_stratum(volume), cells.by_stratum(reward)
    level = _mean(earned, size, whole)
    x = _share(size, level - whole, within)
    base = whole + x * (level - whole)
    seen = cells.by_item(volume)
    beyond = _mean(cells.by_item(reward - volume * base[cells.stratum]), seen, 0.0)
    z = _share(seen, beyond, within)
    own = z * beyond
    lean = base[cells.stratum] + own[cells.item]
    y = _share(volume, cell - lean, within)
    cell = np.where(volume > 0, cell, base[cells.stratum])
    q = lean + y * (cell - lean)
    return Means(q, cell, base, level, beyond, whole, y, z, x)


def _mean(top: Doubles, bottom: Doubles, other: float) -> Doubles:
    out = np.full(len(top), other)
    np.divide(top, bottom, out=out, where=bottom > 0)
    return out


def _variance(sums: Sums, cell: Doubles) -> float:
    """Variance of a row of volume 1 within its cell; that within all where no cell has two."""
    spread = float((sums.square - sums.reward * cell).sum())
    free = float(sums.volume.sum()) - np.count_nonzero(sums.volume)
    return max(spread, 0.0) / free if free > 0 else 1.0


def _share(volume: Doubles, apart: Doubles, within: float) -> Doubles:
    """The share of each mean, n / (n + k); 0 where they differ by no more than chance."""
    total, groups = float(volume.sum()), np.count_nonzero(volume)
    least = total - float((volume**2).sum()) / max(total, 1e-300)
    if groups < 2 or least <= 0:
        return np.zeros(len(volume))
    middle = float((volume * apart).sum()) / total
    between = float((volume * (apart - middle) ** 2).sum()) - (groups - 1) * within
    between /= least
    if between <= 0:
        return np.zeros(len(volume))
    share: Doubles = volume / (volume + within / between)
    return share


@dataclass(frozen=True)
class Pulls:
    """How a sum of `lean` x q over cells goes with the reward of a row, the shares held fast."""

    cell: Doubles  # [cells]
    item: Doubles  # [items]
    stratum: Doubles  # [strata]
    whole: float

    def of(self, means: Means, cells: Cells, rows: tuple[Longs, Doubles, Doubles]) -> Doubles:
        """What each row [rows] adds, by its cell, volume and reward; nothing over all rows."""
        at, volume, reward = rows
        stratum, item = cells.stratum[at], cells.item[at]
        base = means.base[stratum]
        return (
            self.cell[at] * (reward - volume * means.cell[at])
            + self.item[item] * (reward - volume * (base + means.beyond[item]))
            + self.stratum[stratum] * (reward - volume * means.level[stratum])
            + self.whole * (reward - volume * means.whole)
        )


def pulls(cells: Cells, volume: Doubles, means: Means, lean: Doubles) -> Pulls:
    """The derivatives: Efron and Stein's infinitesimal jackknife of a sum of the model."""
    seen, size = cells.by_item(volume), cells.by_stratum(volume)
    own = cells.by_item(lean * (1 - means.y)) * means.z
    per = _mean(own, seen, 0.0)
    base = cells.by_stratum(lean * (1 - means.y) - per[cells.item] * volume)
    total = max(float(volume.sum()), 1e-300)
    return Pulls(
        _mean(lean * means.y, volume, 0.0),
        per,
        _mean(base * means.x, size, 0.0),
        float((base * (1 - means.x)).sum()) / total,
    )
