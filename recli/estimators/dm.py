"""What a model of rewards expects of all that the policy would show: the direct method.

mean over rows of the sum over items of chance x expected reward. It needs no propensities, has
little noise and is as wrong as its model. The interval holds that the model was learned from this
log, but not that its form may be wrong, nor that it draws what is rare to the mean. Beygelzimer
and Langford, "The offset tree for learning with partial labels", KDD 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from recli.kernels.estimator import Estimator, Rows, Terms


@dataclass(frozen=True)
class Dm(Estimator):
    """The model alone."""

    NEEDS_PROPENSITY: ClassVar[bool] = False
    NEEDS_MODEL: ClassVar[bool] = True

    def terms(self, rows: Rows) -> Terms:
        """What the model promises, over the rows."""
        import numpy as np

        count = len(rows.reward)
        return Terms(rows.promised, np.ones(count), np.zeros(count))
