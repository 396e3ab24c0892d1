"""Predict ratings: their mean, biases of user and item, and how their vectors agree.

Koren, Bell, Volinsky, "Matrix factorization techniques for recommender systems", Computer 42 (8),
2009, equations 4 and 5, fitted by alternating least squares as Zhou, Wilkinson, Schreiber, Pan,
"Large-scale parallel collaborative filtering for the Netflix prize", AAIM 2008.
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
class BiasedMf(Learner):
    """Biased matrix factorization: mean + b_u + b_i + p_u . q_i, scores are predicted ratings.

    Each sweep solves p_u and b_u together, and q_i and b_i, so that there is no learning rate.
    """

    factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(4, 256, log=True)] = 32
    iterations: Annotated[int, "Sweeps over all users and all items.", AT_LEAST_1] = 20
    regularization: Annotated[
        float, "L2 penalty on the vectors.", POSITIVE, Tuned(0.05, 5, log=True)
    ] = 1.3
    bias_regularization: Annotated[
        float, "L2 penalty on the biases.", POSITIVE, Tuned(0.05, 5, log=True)
    ] = 0.8
    nu: Annotated[
        float,
        "How the penalties grow with a row's ratings: 0 not at all, 1 in proportion.",
        NOT_NEGATIVE,
        Tuned(0, 1),
    ] = 0.5
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def needs(self) -> list[str]:
        """Ratings."""
        return ["rating"]

    def reading(self) -> Reading:
        """A pair's rating, the mean where it was rated more than once."""
        from recli.kernels.matrix import Reading

        return Reading(column="rating")

    def fit(self, data: Training) -> Factors:
        """Vectors [q, b_i, 1] of items and [p, 1, mean + b_u] of users, float32.

        Raises RecliError (usage) where they grew beyond all bounds.
        """
        from recli.kernels.rating_factors import alternating

        return alternating(
            data,
            model="biased-mf",
            factors=self.factors,
            iterations=self.iterations,
            regularization=self.regularization,
            bias_regularization=self.bias_regularization,
            nu=self.nu,
            seed=self.seed,
        )
