"""Mean reward of the rows where the policy would have shown what was shown.

sum of chance x reward / sum of chance: rows count by the policy's chance, which for lists is yes
or no; place by place, then by share of the rows. It reads no propensities and takes the log's
items to have been drawn evenly. Li et al., "Unbiased offline evaluation of contextual-bandit-based
news article recommendation algorithms", WSDM 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recli.kernels.estimator import Estimator, Rows, Terms


@dataclass(frozen=True)
class Replay(Estimator):
    """What matches, without a look at how likely it was."""

    NEEDS_PROPENSITY: ClassVar[bool] = False

    def terms(self, rows: Rows) -> Terms:
        """Rewards by the policy's chances, over these chances."""
        return Terms(rows.chance * rows.reward, rows.chance)
