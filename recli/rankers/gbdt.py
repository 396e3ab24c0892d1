"""Order candidates by the chance that each is chosen, told by gradient-boosted trees.

Friedman, "Greedy function approximation: a gradient boosting machine", Annals of Statistics 2001,
with the log loss: each candidate is looked at for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recli.kernels.trees import Trees

if TYPE_CHECKING:
    from recli.kernels.ranking import RankingData


@dataclass(frozen=True)
class Gbdt(Trees):
    """Log odds of being chosen; one that was counts as often as it was worth."""

    def settings(self, data: RankingData) -> dict[str, Any]:
        """The log loss is watched too."""
        return {"objective": "binary", "metric": "binary_logloss"}

    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """Chosen or not."""
        from recli.kernels.chances import odds_rows

        chosen, shares = odds_rows(data)
        return {"label": chosen.astype("float32"), "weight": shares.astype("float32")}
