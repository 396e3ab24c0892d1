"""Weights of a linear score that make NDCG high, one weight at a time.

Metzler and Croft, "Linear feature-based models for information retrieval", Information
Retrieval 2007, section 4.2: the gain of lists has no slope to follow, but can be asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recli.kernels.list_gain import ListGain
from recli.kernels.standard import Columns, total
from recli.kernels.watch import Watch

Doubles = npt.NDArray[np.float64]
_STEPS = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0])  # of a weight; all add up to 1
_LEAST = 1e-6  # gain that is no accident of rounding


@dataclass(frozen=True)
class Hill:
    """The lists whose NDCG is climbed, and how weights may move."""

    columns: Columns  # [features, rows]
    gain: ListGain
    moving: npt.NDArray[np.int64]  # features that are not the same in every row
    signs: npt.NDArray[np.int64]  # [features] 1, -1: the weight may only be so; 0: any
    draw: np.random.Generator

    def best_single(self) -> Doubles:
        """All weight on the feature that orders lists best by itself, up or down."""
        nothing, ends = np.zeros(self.columns.shape[1]), np.array([1.0, -1.0])
        weights, best = np.zeros(len(self.columns)), -1.0
        for feature in self.moving:
            found = self.gain.along(nothing, self.columns[feature], ends)
            found[self.signs[feature] * ends < 0] = -1.0
            if found.max() > best:
                best, weights[:] = found.max(), 0.0
                weights[feature] = ends[found.argmax()]
        return weights

    def drawn(self) -> Doubles:
        """Weights by lot."""
        weights = np.zeros(len(self.columns))
        weights[self.moving] = self.draw.normal(size=len(self.moving))
        weights = np.where(self.signs == 0, weights, np.abs(weights) * self.signs)
        return weights / max(float(np.abs(weights).sum()), 1e-9)

    def sweep(self, weights: Doubles) -> tuple[Doubles, float]:
        """Each weight moved to where it is best, in an order by lot; and the NDCG there."""
        weights, scores = weights.copy(), total(self.columns, weights)
        reached = self.gain.mean(scores)
        sizes = _STEPS * 2 ** self.draw.uniform(-1, 1)
        for feature in self.draw.permutation(self.moving):
            steps = self._steps(weights[feature], sizes, self.signs[feature])
            found = self.gain.along(scores, self.columns[feature], steps)
            # Of equals a weight of 0: what orders no list is no part of the score.
            worth = found + 2 * _LEAST * (weights[feature] + steps == 0)
            best = int(worth.argmax())
            if worth[best] > reached + _LEAST:
                reached = float(found[best])
                weights[feature] += steps[best]
                scores += steps[best] * self.columns[feature]
                size = float(np.abs(weights).sum())
                if size:
                    weights /= size
                    scores /= size
        return weights, reached

    @staticmethod
    def _steps(own: float, sizes: Doubles, sign: int) -> Doubles:
        """Ways to move a weight, the shortest first: to nothing, and up and down."""
        tried = np.concatenate([[0.0], own + sizes, own - sizes])
        steps = np.unique(np.where(tried * sign < 0, 0.0, tried)) - own
        return steps[np.argsort(np.abs(steps), kind="stable")]


def climb(
    hill: Hill,
    starts: int,
    fresh: Callable[[], Watch],
    lost: Callable[[Doubles], float],
    report: Callable[[str], None],
) -> tuple[Doubles, Watch]:
    """The weights that lose least of several climbs, and the watch that kept them.

    The first begins at the best single feature, which counts as a step, the others by lot.
    """
    found: list[tuple[Doubles, Watch]] = []
    for start in range(starts):
        weights = kept = hill.drawn() if start else hill.best_single()
        watch, reached, before = fresh(), 0.0, -1.0
        while not watch.over() and reached > before + _LEAST:
            if watch.steps:
                before = reached
                weights, reached = hill.sweep(weights)
            loss = lost(weights)
            report(f"start {start + 1}, sweep {watch.steps}, NDCG {reached:.5f}, loss {loss:.5f}")
            if watch.better(loss):
                kept = weights
        found.append((kept, watch))
        if watch.cut_short:
            break
    weights, watch = min(found, key=lambda one: one[1].best)
    watch.cut_short = found[-1][1].cut_short
    return weights, watch
