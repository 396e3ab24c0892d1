"""Root of the mean squared error of the scores, over all pairs that have a score and a rating.

Herlocker, Konstan, Terveen, Riedl, "Evaluating collaborative filtering recommender systems", ACM
TOIS 2004. Each pair counts alike, whoever's it is. Less is better. The lists come from `score`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Values


@dataclass(frozen=True)
class Rmse:
    """Of lists whose scores are ratings; large errors weigh more than in the mean."""

    LESS_IS_BETTER: ClassVar[bool] = True

    def of_pairs(self, errors: Values) -> Values:
        """Squared errors."""
        return errors * errors

    def of_mean(self, means: Values) -> Values:
        """Root of their mean."""
        import numpy as np

        roots: Values = np.sqrt(means)
        return roots
