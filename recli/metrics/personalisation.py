"""How different the lists of two users are: 1 less the share of items in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class Personalisation:
    """Mean over all pairs of users with a list; one that is shorter than k shares less."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Zhou et al., PNAS 2010 (inter-user distance h)"

    def of_catalogue(self, exposure: Exposure) -> float:
        """Exact, by how many pairs of users share each item: c (c - 1) of n (n - 1), over k."""
        import numpy as np

        users, counts = exposure.lists, exposure.every.astype(np.float64)
        if users < 2:
            return float("nan")
        shared = float((counts * (counts - 1)).sum()) / (users * (users - 1.0))
        return 1 - shared / exposure.k
