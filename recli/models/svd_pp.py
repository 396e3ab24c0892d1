"""Predict ratings as biased-mf does, a user described by which items she rated as well.

Koren, "Factorization meets the neighborhood: a multifaceted collaborative filtering model",
KDD 2008, equation 15 (SVD++), by stochastic gradient descent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Reading, Training
    from recli.kernels.shapes import Factors


@dataclass(frozen=True)
class SvdPp(Learner):
    """SVD++: mean + b_u + b_i + q_i . (p_u + |N(u)|^-1/2 sum of y_j over N(u)).

    N(u) holds the items that the user rated; scores are predicted ratings. Whoever was not there
    in training has N(u), and p_u and b_u by ridge regression, from the history that is given.
    """

    factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(4, 256, log=True)] = 64
    iterations: Annotated[int, "Passes over the ratings, on one thread.", AT_LEAST_1] = 30
    learning_rate: Annotated[
        float, "Size of the first steps; falls evenly to 0.", POSITIVE, Tuned(0.001, 0.05, log=True)
    ] = 0.02
    regularization: Annotated[
        float, "L2 penalty on the vectors, a step.", NOT_NEGATIVE, Tuned(0.005, 0.2, log=True)
    ] = 0.05
    bias_regularization: Annotated[
        float, "L2 penalty on the biases, a step.", NOT_NEGATIVE, Tuned(0.001, 0.1, log=True)
    ] = 0.03
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def needs(self) -> list[str]:
        """Ratings."""
        return ["rating"]

    def reading(self) -> Reading:
        """A pair's rating, the mean where it was rated more than once."""
        from recli.kernels.matrix import Reading

        return Reading(column="rating")

    def fit(self, data: Training) -> Factors:
        """Vectors [q, b_i, 1] of items and [p + s, 1, mean + b_u] of users, float32.

        Raises RecliError (usage) where they grew beyond all bounds.
        """
        from recli.kernels.rating_factors import stochastic
        from recli.kernels.svd_pp import Step

        steps = [
            Step(
                self.learning_rate * (1 - epoch / self.iterations),
                self.regularization,
                self.bias_regularization,
            )
            for epoch in range(self.iterations)
        ]
        return stochastic(data, model="svd-pp", factors=self.factors, steps=steps, seed=self.seed)
