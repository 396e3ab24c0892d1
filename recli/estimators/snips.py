"""Inverse propensity scoring divided by the sum of the weights: a mean of rewards.

sum of w x reward / sum of w, place by place, then by share of the rows: steadier than ips, within
the range of the rewards, and its bias vanishes with rows. Swaminathan and Joachims, "The
self-normalized estimator for counterfactual learning", NIPS 2015.
"""

from __future__ import annotations

from dataclasses import dataclass

from recli.kernels.estimator import Estimator, Rows, Terms


@dataclass(frozen=True)
class Snips(Estimator):
    """Self-normalised inverse propensity scoring."""

    def terms(self, rows: Rows) -> Terms:
        """Weighed rewards, over the weights."""
        return Terms(rows.weight * rows.reward, rows.weight)
