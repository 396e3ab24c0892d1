"""What a file of `recli/estimators/` defines: what each row of a log says of another policy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recli.fields import Declared

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Rows of a log beside the policy that is to be valued."""

    reward: Doubles  # [rows]
    chance: Doubles  # [rows] that the policy shows the item there
    weight: Doubles  # [rows] this chance over that of the policy that was logged
    expected: Doubles  # [rows] reward of the item there, by a model that has not seen the row
    promised: Doubles  # [rows] reward of what the policy shows there, by the same model
    total: int  # rows of the whole log


@dataclass(frozen=True)
class Terms:
    """A value as a sum over rows divided by another."""

    top: Doubles  # [rows]
    bottom: Doubles  # [rows]
    mended: Doubles | None = None  # [rows] how often each makes up for the model, if there is one


class Estimator(Declared, ABC):
    """A way to value a policy by the log of another; its fields are its options."""

    NEEDS_PROPENSITY: ClassVar[bool] = True
    NEEDS_MODEL: ClassVar[bool] = False

    @abstractmethod
    def terms(self, rows: Rows) -> Terms:
        """What each row adds to the value."""

    def definition(self, total: int) -> str:
        """Its choices, as reports name them, on a log of so many rows."""
        return ""


def bound(chosen: float, total: int) -> float:
    """The largest weight that is trusted: as chosen, or else the square root of the rows.

    It grows, so that what is cut vanishes, and slower than the rows, so that no row decides:
    Ionides, "Truncated importance sampling", 2008.
    """
    return chosen or float(total) ** 0.5
