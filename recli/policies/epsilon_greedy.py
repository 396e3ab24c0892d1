"""Show the best arm, and with a chance of epsilon any of them.

The best is that of the highest mean reward by --state, or of the highest score without it; of
equal ones the earlier in the list. P = (1 - epsilon) [is the best] + epsilon / arms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import SHARE
from recli.kernels.policy import Policy, PriorMisses, PriorRewards

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.policy import Arms


@dataclass(frozen=True)
class EpsilonGreedy(Policy):
    """The best arm, but for a share of the lists."""

    needs_state: ClassVar[bool] = False

    epsilon: Annotated[float, "Share of the lists in which the lot alone decides.", SHARE] = 0.1
    prior_rewards: PriorRewards = 1.0
    prior_misses: PriorMisses = 1.0

    def chances(self, arms: Arms) -> npt.NDArray[np.float64]:
        """1 - epsilon for the best arm, and epsilon shared by all."""
        from recli.kernels.drawing_lots import greedy

        means = arms.means(self.prior_rewards, self.prior_misses)
        return greedy(arms.starts, means, self.epsilon)

    def places(self, arms: Arms, k: int) -> npt.NDArray[np.float64]:
        """The list by falling mean, and for a share of epsilon a list by lot."""
        from recli.kernels.drawing_lots import ordered

        means = arms.means(self.prior_rewards, self.prior_misses)
        best = ordered(means, k)
        shared = best.sum(axis=1, keepdims=True) / max(len(means), 1)
        mixed: npt.NDArray[np.float64] = best + self.epsilon * (shared - best)
        return mixed
