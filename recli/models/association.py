"""What is bought together: pairs of items that the same people, or one basket, hold.

Agrawal, Imielinski, Swami, "Mining association rules between sets of items in large databases",
SIGMOD 1993 (support, confidence); Brin, Motwani, Ullman, Tsur, "Dynamic itemset counting and
implication rules for market basket data", SIGMOD 1997 (lift, there called interest); Dunning,
"Accurate methods for the statistics of surprise and coincidence", Computational Linguistics 1993
(log-likelihood); Bouma, "Normalized (pointwise) mutual information in collocation extraction",
GSCL 2009 (pmi, npmi).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.fields import AT_LEAST_1, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights

EXAMPLE = "recli train-association train.parquet --basket-hours 24 -o association.model"


@dataclass(frozen=True)
class Association(Learner):
    """Item pairs measured by how often they are together; each pair counts once a basket.

    Of N baskets, n_i with item i, n_j with j and n_ij with both, an item i of the history weighs
    on j: count n_ij; confidence n_ij / n_i; lift N n_ij / (n_i n_j); pmi its logarithm; npmi that
    over -log(n_ij / N); log-likelihood G^2 of the table of n_ij. Of the last four, only pairs
    more frequent than chance count. A basket is all that a user ever had, or a run of it.
    """

    measure: Annotated[
        Literal["log-likelihood", "lift", "pmi", "npmi", "confidence", "count"],
        "What a pair is worth; lift and pmi favour rare items, count and confidence popular ones.",
        Tuned(),
    ] = "log-likelihood"
    min_support: Annotated[
        int, "Leave out pairs that are together in fewer baskets.", AT_LEAST_1, Tuned(1, 20)
    ] = 2
    basket_hours: Annotated[
        float | None,
        "A user's basket ends where nothing follows for so many hours; else it never ends.",
        POSITIVE,
        Tuned(0.5, 720, log=True),
    ] = None
    neighbours: Annotated[
        int, "Items kept for each item of a history.", AT_LEAST_1, Tuned(20, 1000, log=True)
    ] = 200

    def needs(self) -> list[str]:
        """Times, where a pause ends a basket."""
        return [] if self.basket_hours is None else ["timestamp"]

    def fit(self, data: Training) -> ItemWeights:
        """The measures of every item's strongest pairs: float32 [items, items]."""
        from recli.kernels import baskets
        from recli.kernels.shapes import ItemWeights

        sets = baskets.sets_of(data, self.basket_hours)
        return ItemWeights(
            baskets.item_weights(
                sets, self.measure, self.min_support, self.neighbours, data.threads
            )
        )
