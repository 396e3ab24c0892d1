"""How surprising the outcomes are by the chances that the lists gave them (cross-entropy).

Mean of -log of the chance of what happened, over all rows of all lists: the score is the chance
that a row is relevant, which it is where truth has its pair. A chance of 0 or 1 counts as 1e-15
away from it. Good, "Rational decisions", JRSS B 1952. Log of 2, 0.69, is that of a coin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recli.errors import RecliError

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values

TINY = 1e-15  # what a chance is kept away from 0 and 1 by


@dataclass(frozen=True)
class LogLoss:
    """Of lists whose scores are chances, of the whole lists."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score",)
    PLACES: ClassVar[str] = "none"
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 and up"
    SOURCE: ClassVar[str] = "Good, JRSS B 1952"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Sums of the losses of each user's rows, and their numbers."""
        import numpy as np

        from recli.kernels.lists import total

        scores = np.where(lists.there, lists.scores, 0.5)
        if scores.min(initial=0) < 0 or scores.max(initial=1) > 1:
            odd = scores[(scores < 0) | (scores > 1)][0]
            raise RecliError(
                f"log-loss needs chances, and a score is {odd:g}",
                "rank with a ranker that was trained with --calibrate",
            )
        chances = np.where(lists.hits, scores, 1 - scores)
        losses = np.log(np.clip(chances, TINY, 1 - TINY, out=chances), out=chances)
        losses[~lists.there] = 0.0
        return -total(losses), lists.lengths
