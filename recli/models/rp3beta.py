"""Walk at random from a history to its users and their items; hold the popular back.

Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate, diverse, and scalable recommendations
for interactive applications", TiiS 7(1), 2016, eq. 4 (RP3beta); Cooper, Lee, Radinsky, Siantos,
"Random walks in recommender systems: exact computation and simulations", WWW 2014 (P3alpha).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemWeights


@dataclass(frozen=True)
class Rp3beta(Learner):
    """Walks of three steps over the graph of users and items, counted instead of drawn.

    An item i of the history weighs on the score of item j

        sum over users u of (w_ui / w_i)^alpha (w_uj / w_u)^alpha / d_j^beta

    with w_ui the weight of a pair, w_i and w_u the sums of an item's and of a user's weights and
    d_j the number of users of j. The first step, from the user to her history, goes by weight.
    The default powers were chosen on a held-back part of the Gowalla training log.
    """

    alpha: Annotated[
        float, "Power of each step's probability; 0 counts walks.", NOT_NEGATIVE, Tuned(0, 2)
    ] = 0.7
    beta: Annotated[
        float, "How much popular items are held back; 0 is not at all.", NOT_NEGATIVE, Tuned(0, 1)
    ] = 0.3
    neighbours: Annotated[
        int, "Items kept for each item of a history.", AT_LEAST_1, Tuned(20, 1000, log=True)
    ] = 200

    def fit(self, data: Training) -> ItemWeights:
        """The weights of the items that walks end at: float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemWeights
        from recli.kernels.walks import item_weights

        check_positive(data.matrix, "rp3beta")
        return ItemWeights(
            item_weights(data.matrix, self.alpha, self.beta, self.neighbours, data.threads)
        )
