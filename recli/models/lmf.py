"""Factors of the probability that a user takes an item (logistic, negatives sampled).

Johnson, "Logistic matrix factorization for implicit feedback data", NIPS 2014 workshop on
distributed machine learning and matrix computations, equations 2 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, SHARE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Matrix, Training
    from recli.kernels.shapes import Factors, LogisticFoldIn


@dataclass(frozen=True)
class Lmf(Learner):
    """Logistic matrix factorization; `kernels/lmf.py` holds the likelihood."""

    factors: Annotated[
        int, "Length of the vectors, without biases.", AT_LEAST_1, Tuned(8, 256, log=True)
    ] = 64
    iterations: Annotated[int, "Sweeps over all users and all items.", AT_LEAST_1] = 30
    learning_rate: Annotated[
        float, "Size of the first steps (AdaGrad).", POSITIVE, Tuned(0.02, 2, log=True)
    ] = 0.3
    regularization: Annotated[
        float, "L2 penalty on vectors and biases.", NOT_NEGATIVE, Tuned(0.01, 10, log=True)
    ] = 2.0
    alpha: Annotated[
        float, "Weight of a pair seen, times its own.", POSITIVE, Tuned(0.5, 40, log=True)
    ] = 1.0
    negatives: Annotated[
        int, "Pairs drawn for each pair seen, of weight 1.", AT_LEAST_1, Tuned(2, 40, log=True)
    ] = 5
    popularity_exponent: Annotated[
        float,
        "How negatives are drawn: 0 all items alike, 1 by popularity.",
        SHARE,
        Tuned(0, 1),
    ] = 0.5
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> Factors:
        """Vectors [p, b, 1] of users and [q, 1, b] of items, and how later users are folded in.

        Raises RecliError where a weight is not positive, or the vectors grew beyond all bounds.
        """
        import numpy as np

        from recli.kernels import lmf
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import Factors

        check_positive(data.matrix, "lmf")
        way = self.likelihood(data.matrix)
        users, items = lmf.fit(
            data.matrix,
            way,
            factors=self.factors,
            seed=self.seed,
            threads=data.threads,
            report=data.report,
        )
        if not (np.isfinite(users).all() and np.isfinite(items).all()):
            raise RecliError(
                "lmf: the vectors grew beyond all bounds",
                f"lower --learning-rate ({self.learning_rate}) or --alpha ({self.alpha})",
                code=ExitCode.USAGE,
            )
        return Factors(users, items, way)

    def likelihood(self, matrix: Matrix) -> LogisticFoldIn:
        """What is made largest on a log [users, items]."""
        import numpy as np

        from recli.kernels.lmf import shares
        from recli.kernels.shapes import LogisticFoldIn

        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        return LogisticFoldIn(
            alpha=self.alpha,
            regularization=self.regularization,
            learning_rate=self.learning_rate,
            negatives=float(self.negatives),
            iterations=self.iterations,
            shares=shares(counts, self.popularity_exponent),
        )
