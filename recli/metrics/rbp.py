"""Relevant items as met by a reader who goes on to the next place with probability p.

Sum of (1 - p) p^(place - 1) over the places of hits. Moffat and Zobel, "Rank-biased precision for
measurement of retrieval effectiveness", TOIS 2008. What lies behind place k could add p^k at most.
With --graded a hit counts its rating.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import Range

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Rbp:
    """Rank-biased precision; it does not know how many relevant items there are."""

    RANGE: ClassVar[str] = "0 to 1; up to the highest rating with --graded"
    SOURCE: ClassVar[str] = "Moffat and Zobel, TOIS 2008"
    p: Annotated[float, "Chance to look at the next place.", Range(above=0, below=1)] = 0.8

    def of_users(self, lists: Lists, k: int) -> Values:
        """Discounted gains of the first k places."""
        import numpy as np

        from recli.kernels.lists import total

        gains = lists.first(k).gains
        return lists.judged(total(gains * (1 - self.p) * self.p ** np.arange(gains.shape[1])))
