"""Order candidates by trees that are trained on lists by a cross entropy bounding NDCG.

XE-NDCG-MART: Bruch, "An alternative cross entropy loss for learning-to-rank", WWW 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from recli.kernels.trees import Trees

if TYPE_CHECKING:
    from recli.kernels.ranking import RankingData


@dataclass(frozen=True)
class RankXendcg(Trees):
    """The loss knows gains of 1, 3, 7, 15…: each is the nearest of these, the smallest 1."""

    def settings(self, data: RankingData) -> dict[str, Any]:
        """NDCG is watched at 10."""
        from recli.kernels.gains import HIGHEST

        return {
            "objective": "rank_xendcg",
            "objective_seed": self.seed,
            "metric": "ndcg",
            "eval_at": [10],
            "label_gain": [2.0**label - 1 for label in range(HIGHEST + 1)],
        }

    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """Gains by list."""
        from recli.kernels.gains import doubled

        return doubled(data, whole, lambda gains: float(gains.sum()))
