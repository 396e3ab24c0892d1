"""Root of the mean squared error of the scores, over pairs that also have a rating.

Herlocker, Konstan, Terveen, Riedl, "Evaluating collaborative filtering recommender systems", ACM
TOIS 2004. Each pair counts alike, whoever's it is. Less is better. The lists come from `score`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Rmse:
    """Of lists whose scores are ratings; large errors weigh more than in the mean."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score", "rating")
    PLACES: ClassVar[str] = "none"
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 and up"
    SOURCE: ClassVar[str] = "Herlocker et al., TOIS 2004"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Sums of the squared errors of each user's pairs, and their numbers."""
        import numpy as np

        owners, errors = lists.errors
        users = len(lists.relevant)
        counts = np.bincount(owners, minlength=users).astype(float)
        return np.bincount(owners, errors * errors, users).astype(float), counts

    def of_mean(self, means: Values) -> Values:
        """Root of their mean."""
        import numpy as np

        roots: Values = np.sqrt(means)
        return roots
