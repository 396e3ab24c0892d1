"""Offer each user items drawn by lot: the baseline that must lose.

A measure of what a metric gives for nothing: Herlocker, Konstan, Terveen, Riedl, "Evaluating
collaborative filtering recommender systems", TOIS 22(1), 2004.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import NOT_NEGATIVE
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import RandomScores


@dataclass(frozen=True)
class Random(Learner):
    """All items alike; the same seed, user id and items give the same list."""

    personal: ClassVar[bool] = False  # her id decides, and nothing that she did

    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> RandomScores:
        """The seed: there is nothing to learn."""
        from recli.kernels.shapes import RandomScores

        return RandomScores(self.seed)
