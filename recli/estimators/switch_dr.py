"""Doubly robust where weights are small, the model alone where they are large.

mean of promised + w x [w <= threshold] x (reward - expected). Wang, Agarwal and Dudík, "Optimal
and adaptive off-policy evaluation in contextual bandits", ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from recli.fields import NOT_NEGATIVE
from recli.kernels.estimator import Estimator, Rows, Terms, bound


@dataclass(frozen=True)
class SwitchDr(Estimator):
    """Doubly robust up to a weight."""

    NEEDS_MODEL: ClassVar[bool] = True

    threshold: Annotated[
        float, "Largest weight that is trusted; 0: the square root of the rows.", NOT_NEGATIVE
    ] = 0.0

    def terms(self, rows: Rows) -> Terms:
        """Promises and the errors that weigh no more than the threshold, over the rows."""
        import numpy as np

        trusted = rows.weight <= bound(self.threshold, rows.total)
        kept = np.where(trusted, rows.weight, 0.0)
        top = rows.promised + kept * (rows.reward - rows.expected)
        return Terms(top, np.ones(len(top)), kept)

    def definition(self, total: int) -> str:
        """The threshold."""
        return f"threshold={bound(self.threshold, total):.6g}"
