"""Weights of a linear score under which what was chosen is likely, list by list.

The softmax cross entropy of a list is -sum target * log chance, where chances are proportional to
exp(score): ListNet with gains as targets. Cao et al., "Learning to rank: from pairwise approach to
listwise approach", ICML 2007; that it bounds the reciprocal rank and NDCG: Bruch et al., "An
analysis of the softmax cross entropy loss for learning-to-rank with binary relevance", ICTIR 2019.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.descent import least
from recli.kernels.ranking import RankingData
from recli.kernels.threads import in_threads
from recli.kernels.watch import Watch

Doubles = npt.NDArray[np.float64]
_PARTS = 16  # of the lists, whose sums are added in order, whatever the threads


@dataclass(frozen=True)
class Chosen:
    """What lists teach: a target for each row, and how many rows each stands for."""

    starts: npt.NDArray[np.int64]  # [lists + 1]
    targets: Doubles  # [rows] a list's add up to what it weighs
    counts: Doubles  # [rows]

    @staticmethod
    def of(data: RankingData) -> "Chosen":
        """Targets are gains by weight; rows that were not chosen weigh beside their like."""
        starts = np.concatenate([[0], np.cumsum(data.sizes)]).astype(np.int64)
        gains = np.add.reduceat(data.relevance.astype(np.float64), starts[:-1])
        shares, left = data.shares, data.relevance <= 0
        targets = shares * data.worth / np.repeat(gains, data.sizes)
        means = np.add.reduceat(shares * left, starts[:-1])
        means /= np.maximum(np.add.reduceat(left.astype(np.float64), starts[:-1]), 1)
        means[means == 0] = 1
        counts = np.where(left, shares / np.repeat(means, data.sizes), 1.0)
        if data.stands is not None:
            counts = counts * data.stands
        return Chosen(starts, targets, counts)


def fit(
    features: npt.NDArray[np.float32],
    chosen: Chosen,
    signs: npt.NDArray[np.int64],
    l2: float,
    watch: Watch,
    report: Callable[[str], None],
    threads: int = 1,
) -> Doubles:
    """The best weights [features] of rows of features [rows, features].

    Least is the sum over lists of their cross entropy + l2 / 2 * |weights|^2; a weight whose sign
    is 1 or -1 is on that side of 0 or 0.
    """
    bounds = np.linspace(0, len(chosen.starts) - 1, _PARTS + 1).astype(np.int64)
    sums = np.zeros((_PARTS, features.shape[1] + 1))
    total = float(np.cumsum(chosen.targets)[-1])

    def value(weights: Doubles) -> tuple[float, Doubles]:
        def part(at: int) -> None:
            sums[at] = 0.0
            starts = chosen.starts[bounds[at] : bounds[at + 1] + 1]
            _part(features, starts, chosen.targets, chosen.counts, weights, sums[at])

        in_threads(part, range(_PARTS), threads)
        whole = np.cumsum(sums, axis=0)[-1]
        loss = whole[-1] + l2 / 2 * float(np.cumsum(weights**2)[-1])
        return loss / total, (whole[:-1] + l2 * weights) / total

    sides = [(0 if sign > 0 else None, 0 if sign < 0 else None) for sign in signs]

    def told(loss: str) -> None:
        report(f"cross entropy and penalty {loss}")

    return least(value, np.zeros(features.shape[1]), watch, told, sides)


@njit(cache=True, nogil=True)
def _part(features, starts, targets, counts, weights, sums):  # type: ignore[no-untyped-def]
    """Slope of each weight, then the loss of some lists, added up in `sums` [features + 1]."""
    for one in range(len(starts) - 1):
        begin, end = starts[one], starts[one + 1]
        scores = np.zeros(end - begin)
        most, target = -np.inf, 0.0
        for row in range(begin, end):
            for at in range(features.shape[1]):
                scores[row - begin] += weights[at] * features[row, at]
            most = max(most, scores[row - begin])
            target += targets[row]
        total = 0.0
        for row in range(begin, end):
            total += counts[row] * np.exp(scores[row - begin] - most)
        if total == 0.0:
            continue
        for row in range(begin, end):
            off = scores[row - begin] - most
            error = target * counts[row] * np.exp(off) / total - targets[row]
            for at in range(features.shape[1]):
                sums[at] += error * features[row, at]
            sums[-1] += targets[row] * (np.log(total) - off)
