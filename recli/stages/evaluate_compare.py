"""Lists held against others, for the same users: differences, and what can be said of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recli.kernels.bootstrap import LEVEL, Values, draws
from recli.kernels.holm import corrected
from recli.kernels.lists import Starts
from recli.kernels.paired import Difference, Paired, Shown
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_measure import measured
from recli.stages.evaluate_pairs import Pairs

Side = tuple[Values, Values]  # [metrics, users] sums and counts
Verdict = Literal["better", "worse", "not told apart"]


@dataclass(frozen=True)
class Compared:
    """A metric of some lists beside that of a baseline, over the users whom both have it of."""

    asked: Asked
    name: str
    baseline: str
    difference: Difference
    p_adjusted: float  # corrected for all comparisons of the run

    @property
    def verdict(self) -> Verdict:
        """Better or worse only where the interval leaves out 0 and chance would hardly do it."""
        found = self.difference
        told = self.p_adjusted < 1 - LEVEL and (found.low > 0 or found.high < 0)
        if not told:
            return "not told apart"
        return "better" if (found.low > 0) != self.asked.less_is_better else "worse"


def held_against(
    names: Sequence[str], added: Sequence[str], against: str | None
) -> list[tuple[str, str]]:
    """Which lists are held against which: all against one, or those of the user against each.

    >>> held_against(["a", "b"], ["popularity"], None)
    [('a', 'popularity'), ('b', 'popularity')]
    >>> held_against(["a", "b"], ["popularity"], "b")
    [('a', 'b'), ('popularity', 'b')]
    """
    if against is not None:
        return [(name, against) for name in (*names, *added) if name != against]
    return [(name, baseline) for name in names for baseline in added]


class Comparing:
    """Adds up what two lists have of the same users; memory does not grow with users."""

    def __init__(self, held: list[tuple[str, str]], asked: list[Asked]) -> None:
        self.held, self.asked = held, asked
        self.paired = Paired(len(held) * len(asked))

    def add(self, buckets: Starts, sides: dict[str, Side], pairs: Pairs) -> None:
        """Add a run of users: what each lists add above and below the line of every metric."""
        if not self.held or not self.asked:
            return
        own = [self._side(*both, sides, pairs) for both in self.held]
        baseline = [self._side(*both[::-1], sides, pairs) for both in self.held]
        joined = [
            [np.concatenate(each) for each in zip(*of, strict=True)] for of in (own, baseline)
        ]
        self.paired.add(buckets, (joined[0][0], joined[0][1]), (joined[1][0], joined[1][1]))

    def _side(self, name: str, other: str, sides: dict[str, Side], pairs: Pairs) -> Side:
        """What lists add; errors only of pairs that the others score too."""
        shared = pairs.shared(name, other)
        if shared is None:
            return sides[name]
        values, counts = (each.copy() for each in sides[name])
        for at, one in enumerate(self.asked):
            if "rating" in one.needs:
                values[at], counts[at] = measured(one, shared)
        return values, counts

    def found(self, seed: int) -> list[Compared]:
        """Every comparison that there is a user for: by lists, then metrics, then baselines."""
        if not self.held or not self.asked:
            return []
        columns = [(*both, one) for both in self.held for one in self.asked]
        shown: list[Shown] = [one.shown for _, _, one in columns]
        differences = self.paired.differences(shown, draws(seed), seed)
        adjusted = corrected(np.array([one.p_value for one in differences]))
        found = [
            Compared(one, name, baseline, difference, float(p))
            for (name, baseline, one), difference, p in zip(
                columns, differences, adjusted, strict=True
            )
            if not math.isnan(p)
        ]
        names = list(dict.fromkeys(name for name, _ in self.held))
        return sorted(found, key=lambda x: (names.index(x.name), self.asked.index(x.asked)))
