"""Inverse propensity scoring whose weights are cut at a cap: less noise, and too low.

mean of min(w, cap) x reward. Ionides, "Truncated importance sampling", 2008; Bottou et al.,
"Counterfactual reasoning and learning systems", JMLR 2013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from recli.fields import NOT_NEGATIVE
from recli.kernels.estimator import Estimator, Rows, Terms, bound


@dataclass(frozen=True)
class ClippedIps(Estimator):
    """Inverse propensity scoring without large weights."""

    cap: Annotated[float, "Largest weight; 0: the square root of the rows.", NOT_NEGATIVE] = 0.0

    def terms(self, rows: Rows) -> Terms:
        """Rewards by cut weights, over the rows."""
        import numpy as np

        cut = np.minimum(rows.weight, bound(self.cap, rows.total))
        return Terms(cut * rows.reward, np.ones(len(cut)))

    def definition(self, total: int) -> str:
        """The cap."""
        return f"cap={bound(self.cap, total):.6g}"
