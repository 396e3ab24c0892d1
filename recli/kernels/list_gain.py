"""NDCG of lists straight from the scores of their rows, for those who ask for it often.

Only chosen rows are placed, by counting those above them. Equal scores share their places:
McSherry and Najork, "Computing information retrieval performance measures efficiently in the
presence of tied scores", ECIR 2008.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.ranking import RankingData
from recli.kernels.threads import in_threads

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
_PART = 1 << 16  # rows, about, whose gains are added up together, whatever the threads


@dataclass(frozen=True)
class ListGain:
    """What each chosen row may earn, and how it falls with its place."""

    starts: Longs  # [lists + 1]
    chosen: Longs  # [chosen rows] which they are, list by list
    firsts: Longs  # [lists + 1] in `chosen`
    shares: Doubles  # [chosen rows] weighed gain over what the list's best order is worth
    whole: float  # what the best orders of all lists add up to
    discounts: Doubles  # [k + 1] sums of the discounts of the first places
    threads: int

    @staticmethod
    def of(data: RankingData, k: int = 10) -> ListGain:
        """For the mean NDCG at k of some lists, with linear gains, by the weights of rows.

        A gain that was raised for what few would have seen raises what its list may earn too.
        """
        starts = np.concatenate([[0], np.cumsum(data.sizes)]).astype(np.int64)
        chosen = np.flatnonzero(data.relevance > 0)
        firsts = np.searchsorted(chosen, starts).astype(np.int64)
        gains = data.relevance[chosen].astype(np.float64)
        worth = (data.shares * data.worth)[chosen]
        weights = 1 / np.log2(np.arange(2, k + 2))

        def best(values: Doubles) -> Doubles:
            """What the best order of each list [lists] is worth."""
            lists = (-np.sort(-values[begin:end])[:k] for begin, end in pairwise(firsts))
            return np.array([np.cumsum(one * weights[: len(one)])[-1] for one in lists])

        plain = best(gains)
        shares = worth / np.repeat(plain, np.diff(firsts))
        whole = float(np.cumsum(best(worth) / plain)[-1])
        discounts = np.concatenate([[0.0], np.cumsum(weights)])
        return ListGain(starts, chosen, firsts, shares, whole, discounts, data.threads)

    def mean(self, scores: Doubles) -> float:
        """NDCG of the lists, in the order of scores [rows]."""
        cuts = np.arange(0, self.starts[-1], _PART)
        bounds = np.searchsorted(self.starts, [*cuts, self.starts[-1]])
        sums = np.zeros(len(cuts))

        def part(at: int) -> None:
            first, last = bounds[at : at + 2]
            sums[at] = _sum(
                self.starts[first : last + 1], self.chosen, self.firsts[first : last + 1],
                self.shares, self.discounts, scores,
            )  # fmt: skip

        if len(cuts) == 1:
            part(0)
        else:
            in_threads(part, range(len(cuts)), self.threads)
        return float(np.cumsum(sums)[-1] / (self.whole or 1.0))


@njit(cache=True, nogil=True)
def _sum(starts, chosen, firsts, shares, discounts, scores):  # type: ignore[no-untyped-def]
    k, total = len(discounts) - 1, 0.0
    for at in range(len(starts) - 1):
        for hit in range(firsts[at], firsts[at + 1]):
            own = scores[chosen[hit]]
            above = 0
            equal = 0
            for row in range(starts[at], starts[at + 1]):
                above += scores[row] > own
                equal += scores[row] == own
            places = discounts[min(above + equal, k)] - discounts[min(above, k)]
            total += shares[hit] * places / equal
    return total
