"""Order candidates by trees that are trained on lists by a cross entropy bounding NDCG.

XE-NDCG-MART: Bruch, "An alternative cross entropy loss for learning-to-rank", WWW 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recli.kernels.trees import Trees, gains, grades

if TYPE_CHECKING:
    from recli.kernels.ranking import RankingData


@dataclass(frozen=True)
class RankXendcg(Trees):
    """Of gains only the order counts: the loss takes 2^place - 1 for the distinct ones."""

    def settings(self, data: RankingData) -> dict[str, Any]:
        """NDCG is watched at 10."""
        return {
            "objective": "rank_xendcg",
            "objective_seed": self.seed,
            "metric": "ndcg",
            "eval_at": [10],
            "label_gain": gains(data),
        }

    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """Gains by list."""
        return grades(data, whole)
