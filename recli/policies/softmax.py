"""Show arms by exp(value / temperature): the better, the more often.

The value is the mean reward by --state, or the score without it. P = exp(value / temperature)
divided by the sum over the arms of the slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import POSITIVE
from recli.kernels.policy import Policy, PriorMisses, PriorRewards

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.policy import Arms


@dataclass(frozen=True)
class Softmax(Policy):
    """A Boltzmann distribution over the arms."""

    needs_state: ClassVar[bool] = False

    temperature: Annotated[
        float, "Difference of values that makes one arm e times as likely.", POSITIVE
    ] = 0.1
    prior_rewards: PriorRewards = 1.0
    prior_misses: PriorMisses = 1.0

    def chances(self, arms: Arms) -> npt.NDArray[np.float64]:
        """Shares of exp(value / temperature)."""
        from recli.kernels.drawing_lots import softmax

        means = arms.means(self.prior_rewards, self.prior_misses)
        return softmax(arms.starts, means, self.temperature)

    def places(self, arms: Arms, k: int) -> npt.NDArray[np.float64]:
        """Place by place from the arms that are left, each time by shares."""
        from recli.kernels.order_of_draws import of_softmax

        means = arms.means(self.prior_rewards, self.prior_misses)
        return of_softmax(means, self.temperature, k)
