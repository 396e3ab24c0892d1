"""Order candidates by gradient-boosted trees that are trained on whole lists.

LambdaMART: Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-2010-82.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from recli.errors import RecliError
from recli.fields import AT_LEAST_1
from recli.kernels.trees import Trees

if TYPE_CHECKING:
    from recli.kernels.ranking import RankingData

_LONGEST = 10_000  # rows of a list that LightGBM's lambdarank takes


@dataclass(frozen=True)
class Lambdamart(Trees):
    """Lambdas of NDCG at `truncation`."""

    truncation: Annotated[int, "Places from the top that count.", AT_LEAST_1] = 30

    def settings(self, data: RankingData) -> dict[str, Any]:
        """NDCG is watched at 10 at most."""
        from recli.kernels.gains import gains

        if data.sizes.max() > _LONGEST:
            raise RecliError(
                f"a user has {data.sizes.max():,} candidates, LightGBM learns from lists of at "
                f"most {_LONGEST:,}",
                "keep fewer that were not chosen: --negatives 1000",
            )
        return {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [min(10, self.truncation)],
            "label_gain": gains(data),
            "lambdarank_truncation_level": self.truncation,
        }

    def target(self, data: RankingData, whole: RankingData) -> dict[str, Any]:
        """Gains by list."""
        from recli.kernels.gains import discounted, graded

        return graded(data, whole, lambda gains: discounted(gains, self.truncation))
