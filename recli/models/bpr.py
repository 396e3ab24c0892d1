"""Factors that rank what a user chose above what she did not (pairwise, stochastic).

Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009. Of several
negatives drawn for a pair the one that scores highest is used, as Zhang et al., "Optimizing top-n
collaborative filtering via dynamic negative item sampling", SIGIR 2013; with `hardest_of` 1 it is
the method of the first paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.bpr import Step
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import Factors

POWERS = {"uniform": 0.0, "popularity": 0.75}  # Mikolov et al. 2013 for the second
# A ridge, chosen on Gowalla: folded-in users reach 96% of the Recall@20 that trained ones have.
FOLD_IN = {"regularization": 1.0, "nu": 0.0, "unobserved_weight": 0.1}


@dataclass(frozen=True)
class Bpr(Learner):
    """Bayesian personalised ranking: pairs are seen in proportion to their weights."""

    factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(16, 512, log=True)] = 128
    iterations: Annotated[int, "Passes over the interactions.", AT_LEAST_1] = 100
    learning_rate: Annotated[
        float, "Size of the first steps; falls evenly to 0.", POSITIVE, Tuned(0.01, 0.5, log=True)
    ] = 0.1
    regularization: Annotated[
        float,
        "L2 penalty on users, a step that moves them.",
        NOT_NEGATIVE,
        Tuned(1e-4, 0.1, log=True),
    ] = 0.01
    positive_regularization: Annotated[
        float, "L2 penalty on the item that was chosen.", NOT_NEGATIVE, Tuned(1e-4, 0.1, log=True)
    ] = 0.01
    negative_regularization: Annotated[
        float, "L2 penalty on the item that was not.", NOT_NEGATIVE, Tuned(1e-4, 0.1, log=True)
    ] = 0.01
    negatives: Annotated[
        Literal["uniform", "popularity"],
        "How negatives are drawn: all items alike, or by popularity to the power of 0.75.",
    ] = "uniform"
    hardest_of: Annotated[
        int,
        "Negatives drawn for a pair; the highest scoring is used.",
        AT_LEAST_1,
        Tuned(1, 32, log=True),
    ] = 8
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> Factors:
        """Vectors of users and items; RecliError when they grew beyond all bounds."""
        import numpy as np

        from recli.kernels.bpr import learn
        from recli.kernels.shapes import Factors, FoldIn

        users_of = np.bincount(data.matrix.indices, minlength=data.matrix.shape[1])
        users, items = learn(
            data.matrix,
            users_of.astype(np.float64) ** POWERS[self.negatives],
            self.factors,
            self._steps(),
            self.hardest_of,
            self.seed,
            data.threads,
            data.report,
        )
        if not (np.isfinite(users).all() and np.isfinite(items).all()):
            raise RecliError(
                "bpr: the vectors grew beyond all bounds",
                f"lower --learning-rate ({self.learning_rate}) or raise --regularization",
                code=ExitCode.USAGE,
            )
        return Factors(users, items, FoldIn(**FOLD_IN))

    def _steps(self) -> list[Step]:
        from recli.kernels.bpr import Step

        return [
            Step(
                self.learning_rate * (1.0 - epoch / self.iterations),
                self.regularization,
                self.positive_regularization,
                self.negative_regularization,
            )
            for epoch in range(self.iterations)
        ]
