"""Non-negative factors: parts that add up, so that each can be read as a taste.

Cichocki, Phan, "Fast local algorithms for large scale nonnegative matrix and tensor
factorizations", IEICE 2009 (algorithm 2, HALS); Boutsidis, Gallopoulos, "SVD based initialization:
a head start for nonnegative matrix factorization", Pattern Recognition 2008 (start).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import Factors


@dataclass(frozen=True)
class Nmf(Learner):
    """Least squares on the log, its gaps taken for zeros; `kernels/nmf.py` holds the objective."""

    factors: Annotated[
        int, "Length of the vectors; more for larger logs.", AT_LEAST_1, Tuned(8, 256, log=True)
    ] = 64
    iterations: Annotated[int, "Sweeps over all users and all items.", AT_LEAST_1] = 30
    regularization: Annotated[
        float, "L2 penalty; raise it on sparse data.", NOT_NEGATIVE, Tuned(1e-2, 10, log=True)
    ] = 0.1
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> Factors:
        """Vectors of users and items, and the penalty with which later users are folded in.

        Raises RecliError (data) where a weight is not positive and finite.
        """
        from recli.kernels import nmf
        from recli.kernels.matrix import check_positive, ignore
        from recli.kernels.shapes import Factors, NonNegative

        check_positive(data.matrix, "nmf")
        way = NonNegative(self.regularization)
        users, items = nmf.fit(
            data.matrix,
            way,
            factors=self.factors,
            iterations=self.iterations,
            seed=self.seed,
            threads=data.threads,
            report=None
            if data.report is ignore
            else lambda sweep, loss: data.report(f"sweep {sweep}: loss {loss:.7g}"),
        )
        return Factors(users, items, way)
