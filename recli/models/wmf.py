"""Implicit factors where popular items that a user did not take count more against her.

He, Zhang, Kan, Chua, "Fast matrix factorization for online recommendation with implicit feedback",
SIGIR 2016, equations 7 and 8: a user who did not take what everybody knows disliked it, one who
did not take what hardly anybody knows never saw it. Solved as `als`, not entry by entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, SHARE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Matrix, Training
    from recli.kernels.shapes import Factors, WeightedFoldIn


@dataclass(frozen=True)
class Wmf(Learner):
    """Weighted matrix factorization; `kernels/wmf.py` holds the objective."""

    factors: Annotated[
        int, "Length of the vectors; more for larger logs.", AT_LEAST_1, Tuned(16, 512, log=True)
    ] = 64
    iterations: Annotated[int, "Sweeps over all users and all items.", AT_LEAST_1] = 15
    regularization: Annotated[
        float, "L2 penalty; raise it on sparse data.", POSITIVE, Tuned(1e-4, 1, log=True)
    ] = 0.01
    nu: Annotated[
        float,
        "How the penalty grows with a row's interactions: 0 not at all, 1 in proportion.",
        NOT_NEGATIVE,
        Tuned(0, 1),
    ] = 1.0
    unobserved_weight: Annotated[
        float | None,
        "Weight of all items of one user, beside 1 of a pair seen; ten times those seen.",
        POSITIVE,
        Tuned(4, 4096, log=True),
    ] = None
    popularity_exponent: Annotated[
        float,
        "How this weight is shared out: 0 among all items alike, 1 by popularity.",
        SHARE,
        Tuned(0, 1),
    ] = 0.25
    cg_steps: Annotated[int, "Conjugate gradient steps for each vector and sweep.", AT_LEAST_1] = 3
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def fit(self, data: Training) -> Factors:
        """Factors of users and items, and the objective by which later users are folded in.

        Raises RecliError (data) where a weight is not positive.
        """
        from recli.kernels import wmf
        from recli.kernels.matrix import check_positive, ignore
        from recli.kernels.shapes import Factors

        check_positive(data.matrix, "wmf")
        objective = self.objective(data.matrix)
        users, items = wmf.fit(
            data.matrix,
            objective,
            factors=self.factors,
            iterations=self.iterations,
            cg_steps=self.cg_steps,
            seed=self.seed,
            threads=data.threads,
            report=None
            if data.report is ignore
            else lambda sweep, loss: data.report(f"sweep {sweep}: loss {loss:.7g}"),
        )
        return Factors(users, items, objective)

    def objective(self, matrix: Matrix) -> WeightedFoldIn:
        """What is minimized on a log [users, items], the default unobserved weight filled in."""
        import numpy as np

        from recli.kernels.als import default_unobserved
        from recli.kernels.shapes import WeightedFoldIn
        from recli.kernels.wmf import item_weights

        total = self.unobserved_weight
        if total is None:
            total = default_unobserved(matrix) * matrix.shape[1]
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        weights = item_weights(counts, total, self.popularity_exponent)
        return WeightedFoldIn(self.regularization, weights, self.nu)
