"""Sparse item weights by elastic net: every item explained by a few like it.

Ning, Karypis, "SLIM: sparse linear methods for top-n recommender systems", ICDM 2011 (equation 4,
and section 5.3 for the candidates: the items with the largest cosine).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights


@dataclass(frozen=True)
class Slim(Learner):
    """Elastic net of every item on its neighbours; `kernels/slim.py` holds the objective.

    The defaults were chosen on a held-back part of the Gowalla training log.
    """

    l1: Annotated[
        float,
        "L1 penalty; more leaves fewer weights.",
        NOT_NEGATIVE,
        Tuned(1e-3, 10, log=True),
    ] = 0.02
    l2: Annotated[
        float, "L2 penalty; raise it on sparse data.", POSITIVE, Tuned(1, 1000, log=True)
    ] = 8.0
    neighbours: Annotated[
        int,
        "Candidates of each item, those with the largest cosine.",
        AT_LEAST_1,
        Tuned(50, 400, log=True),
    ] = 100
    positive: Annotated[bool, "Only weights above 0; signed otherwise.", Tuned()] = True
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others.", Tuned(0, 1)
    ] = 0.5

    def fit(self, data: Training) -> ItemWeights:
        """Weights float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels import slim
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemWeights

        check_positive(data.matrix, "slim")
        products = slim.gram(data.matrix, self.user_exponent)
        candidates = slim.most_alike(products, self.neighbours, data.threads)
        net = slim.ElasticNet(self.l1, self.l2, self.positive)
        return ItemWeights(slim.fit(products, candidates, net, data.threads))
