"""Rewards weighed by how much likelier the policy shows the item than the log did.

mean of w x reward, w = chance / propensity: no bias where all that the policy shows could be
shown, and much noise where weights are large. Horvitz and Thompson, 1952; Precup et al.,
"Eligibility traces for off-policy policy evaluation", ICML 2000.
"""

from __future__ import annotations

from dataclasses import dataclass

from recli.kernels.estimator import Estimator, Rows, Terms


@dataclass(frozen=True)
class Ips(Estimator):
    """Inverse propensity scoring."""

    def terms(self, rows: Rows) -> Terms:
        """Weighed rewards, over the rows."""
        import numpy as np

        return Terms(rows.weight * rows.reward, np.ones(len(rows.reward)))
