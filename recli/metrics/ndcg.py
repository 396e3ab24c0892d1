"""Gain of the relevant items, discounted by place, as a share of the best order's.

Jarvelin and Kekalainen, "Cumulated gain-based evaluation of IR techniques", TOIS 2002, with the
discount log2(place + 1); the exponential gain is that of Burges et al., ICML 2005.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from recli.errors import RecliError

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values

LARGEST = 500.0  # gain whose power of two still adds up in a float64


@dataclass(frozen=True)
class Ndcg:
    """Normalised discounted cumulative gain; both gains agree where every gain is 1."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Jarvelin and Kekalainen, TOIS 2002; exp: Burges et al., ICML 2005"
    gain: Annotated[
        Literal["linear", "exp"], "Worth of an item of gain g: g itself, or 2^g - 1."
    ] = "linear"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Discounted gain of the first k places over that of the ideal first k."""
        first = lists.first(k)
        best = self._discounted(first.ideal)
        best[lists.relevant == 0] = 1  # nothing was found, whatever it is set against
        return lists.judged(self._discounted(first.gains) / best)

    def _discounted(self, gains: Values) -> Values:
        import numpy as np

        from recli.kernels.lists import total

        if self.gain == "exp" and gains.max(initial=0) > LARGEST:
            raise RecliError(
                f"a rating of {gains.max():g} is too large for the exponential gain",
                "use ndcg with gain=linear, or bring ratings to a scale of a few grades",
            )
        worth = np.exp2(gains) - 1 if self.gain == "exp" else gains
        return total(worth / np.log2(np.arange(gains.shape[1]) + 2))
