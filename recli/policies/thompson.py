"""Show each arm as often as it is the best, by what is known of it.

The worth of an arm is drawn from its posterior, Beta(prior rewards + rewarded, prior misses +
not rewarded), and the arm with the largest draw is shown. The chance of that is an integral; it is
reckoned first, to about 1e-6, and the lot then falls by it: the propensity is exact. Chapelle and
Li, "An empirical evaluation of Thompson sampling", NIPS 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.kernels.policy import Policy, PriorMisses, PriorRewards

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.policy import Arms


@dataclass(frozen=True)
class Thompson(Policy):
    """Bernoulli Thompson sampling with known propensities."""

    prior_rewards: PriorRewards = 1.0
    prior_misses: PriorMisses = 1.0

    def chances(self, arms: Arms) -> npt.NDArray[np.float64]:
        """The probability of each arm to be the best."""
        from recli.kernels.best_of_betas import chances

        shown, rewarded = arms.counts()
        posterior = rewarded + self.prior_rewards, shown - rewarded + self.prior_misses
        return chances(arms.starts, *posterior)

    def places(self, arms: Arms, k: int) -> npt.NDArray[np.float64]:
        """The list by falling draws."""
        from recli.kernels.order_of_draws import of_betas

        shown, rewarded = arms.counts()
        return of_betas(rewarded + self.prior_rewards, shown - rewarded + self.prior_misses, k)
