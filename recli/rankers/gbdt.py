"""Order candidates by the chance that each is chosen, told by gradient-boosted trees.

Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 2001,
with the log loss: each candidate is looked at for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from recli.fields import POSITIVE, Tuned
from recli.kernels.trees import Trees

if TYPE_CHECKING:
    from recli.kernels.ranking import RankingData


@dataclass(frozen=True)
class Gbdt(Trees):
    """Log odds of being chosen; one that was counts as often as it was worth."""

    positive_weight: Annotated[
        float,
        "Weight of a candidate that was chosen, beside 1 of one that was not.",
        POSITIVE,
        Tuned(0.1, 100, log=True),
    ] = 1.0

    def settings(self, data: RankingData) -> dict[str, Any]:
        """The log loss is watched too."""
        return {"objective": "binary", "metric": "binary_logloss"}

    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """Chosen or not."""
        import numpy as np

        chosen = data.relevance > 0
        weight = np.where(chosen, self.positive_weight * data.relevance, 1.0)
        return {"label": chosen.astype(np.float32), "weight": weight.astype(np.float32)}
