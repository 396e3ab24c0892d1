"""Order by a weighted sum of the sources' scores, brought to one scale in each list.

Linear combination of evidence: Fox and Shaw, "Combination of multiple searches", TREC-2 1994;
Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval", TOIS 2023. An
item that a source does not offer has the least value of its list there, at most 0. Weights can
be fitted to what people chose: `recli blend`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import Tuned
from recli.mergers import Merger, weights_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers

EXAMPLE = (
    "recli merge weighted candidates.parquet recs.parquet --weights 0.7,0.3 -k 10 -o merged.parquet"
)


@dataclass(frozen=True)
class Weighted(Merger):
    """Sums of normalised scores, the same weights for everybody."""

    weights: Annotated[str | None, "Weight of each table, as 0.7,0.3; all alike without it."] = None
    # On Gowalla's validation users z-score blended item-knn and als best: NDCG@20 .1180 with equal
    # weights and .1256 with fitted ones, against .1153 and .1252 of min-max.
    normalise: Annotated[
        Literal["min-max", "z-score", "rank", "none"],
        "Scale of the scores in each list: 0 to 1, mean 0 and deviation 1, by place, as they are.",
        Tuned(),
    ] = "z-score"

    def check(self, sources: int) -> None:
        """Refuse weights that are not one for each source."""
        weights_of(self.weights, sources)

    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """Weighted sums [pairs]."""
        import numpy as np

        from recli.kernels.blending import blended, scaled

        weights = np.array([weights_of(self.weights, len(offers.at))])
        return blended(offers, scaled(offers, self.normalise), weights)
