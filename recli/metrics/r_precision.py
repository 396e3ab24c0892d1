"""Precision of the first R places, R being the number of relevant items of the user.

It is asked for without places, as each user has places of her own: `r-precision`. Precision and
recall are the same there. Buckley and Voorhees, "Evaluating evaluation measure stability",
SIGIR 2000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class RPrecision:
    """A list that ends before place R has no hits behind its end."""

    PLACES: ClassVar[str] = "none"
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Buckley and Voorhees, SIGIR 2000"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first R places over R."""
        import numpy as np

        inside = np.arange(lists.items.shape[1]) < lists.relevant[:, None]
        found = (lists.hits & inside).sum(axis=1)
        return lists.judged(found / lists.relevant.clip(1))
