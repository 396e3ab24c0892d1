"""Factors by alternating least squares on implicit feedback: fast, exact and repeatable.

Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008 (alpha);
Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation
benchmarks", arXiv 2110.14037, 2021 (unobserved weight, regularization scaled by frequency).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from recli.errors import RecliError
from recli.fields import AT_LEAST_1, NOT_NEGATIVE, POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Matrix, Training
    from recli.kernels.shapes import Factors, FoldIn


@dataclass(frozen=True)
class Als(Learner):
    """Implicit alternating least squares; `kernels/als.py` holds the objective."""

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
        "Weight of any pair beside 1 of a pair seen; all pairs ten times those seen.",
        POSITIVE,
        Tuned(1e-4, 1, log=True),
    ] = None
    alpha: Annotated[
        float | None,
        "Instead: confidence 1 + alpha * weight of a pair seen, 1 of one not seen.",
        POSITIVE,
    ] = None
    solver: Annotated[
        Literal["cg", "exact"], "A few steps of conjugate gradient, or Cholesky: slower."
    ] = "cg"
    cg_steps: Annotated[int, "Conjugate gradient steps for each vector and sweep.", AT_LEAST_1] = 3
    seed: Annotated[int, "Start of the random numbers.", NOT_NEGATIVE] = 0

    def faults(self) -> list[str]:
        """Both forms of confidence at once."""
        if self.alpha is None or self.unobserved_weight is None:
            return []
        return ["--unobserved-weight and --alpha are two forms of confidence: give one"]

    def fit(self, data: Training) -> Factors:
        """Factors of users and items, and the objective by which later users are folded in.

        Raises RecliError (data) where a weight is not positive, and where the exact solver finds
        the equations singular in float32.
        """
        import numpy as np

        from recli.kernels import als
        from recli.kernels.matrix import check_positive, ignore
        from recli.kernels.shapes import Factors

        check_positive(data.matrix, "als")
        objective = self.objective(data.matrix)
        try:
            users, items = als.fit(
                data.matrix,
                objective,
                factors=self.factors,
                iterations=self.iterations,
                solver=self.solver,
                cg_steps=self.cg_steps,
                seed=self.seed,
                threads=data.threads,
                report=None
                if data.report is ignore
                else lambda sweep, loss: data.report(f"sweep {sweep}: loss {loss:.7g}"),
            )
        except np.linalg.LinAlgError:
            raise RecliError("als: singular equations", "raise --regularization") from None
        return Factors(users, items, objective)

    def objective(self, matrix: Matrix) -> FoldIn:
        """What is minimized on a log [users, items], the default unobserved weight filled in."""
        from recli.kernels.als import default_unobserved
        from recli.kernels.shapes import FoldIn

        unobserved = self.unobserved_weight
        if self.alpha is None and unobserved is None:
            unobserved = default_unobserved(matrix)
        return FoldIn(
            regularization=self.regularization,
            nu=self.nu,
            unobserved_weight=unobserved,
            alpha=self.alpha,
        )
