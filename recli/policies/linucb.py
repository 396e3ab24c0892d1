"""Show the arm that may be the best by its context: what it earns plus how unsure that is.

theta'x + alpha sqrt(x' A^-1 x) with A = sum of x x' + l2 I and theta = A^-1 b, from a --state of
`bandit-update --context`; its columns are looked for in candidates, --items and, as user.NAME,
--users. They are standardised by what the state has seen; an empty value counts as 0, there and
here. Li et al., "A contextual-bandit approach to personalized news article recommendation", WWW
2010. There is no lot in it: the propensity is 1, if there is no --floor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import NOT_NEGATIVE, POSITIVE
from recli.kernels.policy import Policy

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.policy import Arms

EXAMPLE = (
    "recli rerank explore linucb candidates.parquet --state linear.parquet --items items.parquet "
    "--slots 5,10 --day 2025-07-01 -o recs.parquet"
)


@dataclass(frozen=True)
class Linucb(Policy):
    """The upper confidence bound of a linear model of the context."""

    state: ClassVar[str] = "linear"

    alpha: Annotated[float, "Worth of doubt; 0: none is tried.", NOT_NEGATIVE] = 1.0
    l2: Annotated[float, "L2 penalty, and so many rows of doubt.", POSITIVE] = 1.0

    def chances(self, arms: Arms) -> npt.NDArray[np.float64]:
        """1 for the arm with the highest bound; ValueError without context."""
        from recli.kernels.drawing_lots import greedy

        return greedy(arms.starts, self._bounds(arms))

    def places(self, arms: Arms, k: int) -> npt.NDArray[np.float64]:
        """The list by falling bounds; ValueError without context."""
        from recli.kernels.drawing_lots import ordered

        return ordered(self._bounds(arms), k)

    def _bounds(self, arms: Arms) -> npt.NDArray[np.float64]:
        if arms.linear is None or arms.context is None:
            raise ValueError("arms without context")
        return arms.linear.bound(arms.context, self.alpha, self.l2)
