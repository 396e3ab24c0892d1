"""Mean absolute error of the scores, over all pairs that have a score and a rating.

Herlocker, Konstan, Terveen, Riedl, "Evaluating collaborative filtering recommender systems", ACM
TOIS 2004. Each pair counts alike, whoever's it is. Less is better. The lists come from `score`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Values


@dataclass(frozen=True)
class Mae:
    """Of lists whose scores are ratings."""

    LESS_IS_BETTER: ClassVar[bool] = True

    def of_pairs(self, errors: Values) -> Values:
        """Absolute errors."""
        return abs(errors)

    def of_mean(self, means: Values) -> Values:
        """Their mean."""
        return means
