"""Show the arm that may be the best: its mean reward plus a bound on what it is off by.

UCB1: mean + confidence x sqrt(2 ln N / n), n the showings of the arm and N those of all in
--state; what was never shown comes first. Auer et al., "Finite-time analysis of the multiarmed
bandit problem", Machine Learning 2002. There is no lot in it: the propensity is 1, if no --floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import NOT_NEGATIVE
from recli.kernels.policy import Policy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.policy import Arms


@dataclass(frozen=True)
class Ucb(Policy):
    """The upper confidence bound of independent arms."""

    confidence: Annotated[float, "Worth of doubt; 0: none is tried.", NOT_NEGATIVE] = 1.0

    def chances(self, arms: Arms) -> npt.NDArray[np.float64]:
        """1 for the arm with the highest bound."""
        from recli.kernels.drawing_lots import greedy

        return greedy(arms.starts, self._bounds(arms))

    def places(self, arms: Arms, k: int) -> npt.NDArray[np.float64]:
        """The list by falling bounds."""
        from recli.kernels.drawing_lots import ordered

        return ordered(self._bounds(arms), k)

    def _bounds(self, arms: Arms) -> npt.NDArray[np.float64]:
        import numpy as np

        shown, rewarded = arms.counts()
        seen = np.maximum(shown, 1)
        bound = rewarded / seen + self.confidence * np.sqrt(2 * np.log(max(arms.total, 1.0)) / seen)
        return np.where(shown > 0, bound, np.inf)
