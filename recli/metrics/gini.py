"""How unevenly the lists expose the catalogue: 0 all items alike, towards 1 a single item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class Gini:
    """Over the items of --items, or else those of --history; items never shown count as 0."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items or history",)
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Fleder and Hosanagar, Management Science 2009"

    def of_catalogue(self, exposure: Exposure) -> float:
        """Sum over items in rising order of (2 i - n - 1) x_i, over n times the sum of x."""
        import numpy as np

        rising = np.sort(exposure.shown).astype(np.float64)
        count, total = len(rising), float(rising.sum())
        if not total:
            return float("nan")
        place = 2 * np.arange(1, count + 1) - count - 1
        return float((place * rising).sum() / (count * total))
