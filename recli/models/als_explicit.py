"""Predict ratings by alternating least squares on those that were given, less their mean.

Zhou, Wilkinson, Schreiber, Pan, "Large-scale parallel collaborative filtering for the Netflix
prize", AAIM 2008 (ALS-WR: the penalty of a vector grows with its ratings).
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
class AlsExplicit(Learner):
    """Explicit ALS: mean + p_u . q_i, without biases; scores are predicted ratings."""

    factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(4, 256, log=True)] = 32
    iterations: Annotated[int, "Sweeps over all users and all items.", AT_LEAST_1] = 20
    regularization: Annotated[
        float, "L2 penalty on the vectors.", POSITIVE, Tuned(0.05, 5, log=True)
    ] = 0.5
    nu: Annotated[
        float,
        "How the penalty grows with a row's ratings: 0 not at all, 1 in proportion.",
        NOT_NEGATIVE,
        Tuned(0, 1),
    ] = 0.7
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def needs(self) -> list[str]:
        """Ratings."""
        return ["rating"]

    def reading(self) -> Reading:
        """A pair's rating, the mean where it was rated more than once."""
        from recli.kernels.matrix import Reading

        return Reading(column="rating")

    def fit(self, data: Training) -> Factors:
        """Vectors [q, 0, 1] of items and [p, 1, mean] of users, float32.

        Raises RecliError (usage) where they grew beyond all bounds.
        """
        from recli.kernels.rating_factors import alternating

        return alternating(
            data,
            model="als-explicit",
            factors=self.factors,
            iterations=self.iterations,
            regularization=self.regularization,
            bias_regularization=None,
            nu=self.nu,
            seed=self.seed,
        )
