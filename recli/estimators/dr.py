"""The model's promise, put right by the weighed errors of the model: doubly robust.

mean of promised + w x (reward - expected): no bias where either the propensities or the model
are right, and less noise than ips where the model is of use. Dudík et al., "Doubly robust policy
evaluation and learning", ICML 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recli.kernels.estimator import Estimator, Rows, Terms


@dataclass(frozen=True)
class Dr(Estimator):
    """The model, and weights for what it lacks."""

    NEEDS_MODEL: ClassVar[bool] = True

    def terms(self, rows: Rows) -> Terms:
        """Promises and weighed errors, over the rows."""
        import numpy as np

        top = rows.promised + rows.weight * (rows.reward - rows.expected)
        return Terms(top, np.ones(len(top)), rows.weight)
