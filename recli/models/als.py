"""Factors by alternating least squares on implicit feedback: fast, exact and repeatable.

Hu, Koren, Volinsky, "Collaborative filtering for implicit feedback datasets", ICDM 2008 (alpha);
Rendle, Krichene, Zhang, Koren, "Revisiting the performance of iALS on item recommendation
benchmarks", arXiv 2110.14037, 2021 (unobserved weight, regularization scaled by frequency).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Annotated, Literal

from recli.errors import ExitCode, RecliError
from recli.registry import flag

if TYPE_CHECKING:
    from recli.kernels.matrix import Matrix, Training
    from recli.kernels.shapes import Factors, FoldIn

# Where no confidence is asked for, all pairs together weigh so many times what those seen do: a
# weight that fits a dense log drowns a sparse one. Chosen on Gowalla's validation part.
UNOBSERVED_RATIO = 10.0


@dataclass(frozen=True)
class Als:
    """Implicit alternating least squares; `kernels/als.py` holds the objective."""

    factors: Annotated[int, "Length of the vectors; more for larger logs."] = 64
    iterations: Annotated[int, "Sweeps over all users and all items."] = 15
    regularization: Annotated[float, "L2 penalty; raise it on sparse data."] = 0.01
    nu: Annotated[
        float, "How the penalty grows with a row's interactions: 0 not at all, 1 in proportion."
    ] = 1.0
    unobserved_weight: Annotated[
        float | None, "Weight of any pair beside 1 of a pair seen; all pairs ten times those seen."
    ] = None
    alpha: Annotated[
        float | None, "Instead: confidence 1 + alpha * weight of a pair seen, 1 of one not seen."
    ] = None
    solver: Annotated[
        Literal["cg", "exact"], "A few steps of conjugate gradient, or Cholesky: slower."
    ] = "cg"
    cg_steps: Annotated[int, "Conjugate gradient steps for each vector and sweep."] = 3
    seed: Annotated[int, "Start of the random numbers."] = 0

    def __post_init__(self) -> None:
        """Refuse values outside their range, all at once."""
        faults = [
            f"{flag(name)} must be at least {least}, not {getattr(self, name)}"
            for name, least in (("factors", 1), ("iterations", 1), ("cg_steps", 1), ("seed", 0))
            if getattr(self, name) < least
        ]
        faults += [
            f"{flag(name)} must be positive, not {value}"
            for name in ("regularization", "unobserved_weight", "alpha")
            if (value := getattr(self, name)) is not None and not 0 < value < inf
        ]
        if not 0 <= self.nu < inf:
            faults.append(f"--nu must be 0 or more, not {self.nu}")
        if self.solver not in ("cg", "exact"):
            faults.append(f"--solver must be cg or exact, not {self.solver}")
        if self.alpha is not None and self.unobserved_weight is not None:
            faults.append("--unobserved-weight and --alpha are two forms of confidence: give one")
        if faults:
            raise RecliError(f"als: {'; '.join(faults)}", code=ExitCode.USAGE)

    def fit(self, data: Training) -> Factors:
        """Factors of users and items, and the objective by which later users are folded in.

        Raises RecliError (data) where a weight is not positive, and where the exact solver finds
        the equations singular in float32.
        """
        import numpy as np

        from recli.kernels import als
        from recli.kernels.matrix import ignore
        from recli.kernels.shapes import Factors

        wrong = np.count_nonzero(~(data.matrix.data > 0) | ~np.isfinite(data.matrix.data))
        if wrong:
            raise RecliError(
                f"als: {wrong} pairs of user and item weigh something not positive and finite",
                "filter them on ingest",
            )
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
        from recli.kernels.shapes import FoldIn

        unobserved = self.unobserved_weight
        if self.alpha is None and unobserved is None:
            pairs = matrix.shape[0] * matrix.shape[1]
            unobserved = UNOBSERVED_RATIO * float(matrix.data.sum(dtype="float64")) / pairs
        return FoldIn(
            regularization=self.regularization,
            nu=self.nu,
            unobserved_weight=unobserved,
            alpha=self.alpha,
        )
