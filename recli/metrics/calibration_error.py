"""How far the categories of a list are from those of the history: KL divergence.

p is the mix of categories of the user's history, q that of her first k items, an item of n
categories being 1/n of each: KL(p || 0.99 q + 0.01 p), in natural units. Steck, "Calibrated
recommendations", RecSys 2018, equations 2, 6 and 7. It is not about chances: see log-loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class CalibrationError:
    """Over users who have a list, and a history of items with a category."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history", "items")
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 to 4.6"
    SOURCE: ClassVar[str] = "Steck, RecSys 2018"
    by: Annotated[str | None, "Column of --items with categories; else its first list column."] = (
        None
    )

    def of_users(self, lists: Lists, k: int) -> Values:
        """Divergence of each user, NaN without a list or a mix."""
        import numpy as np

        from recli.kernels.divergence import divergences
        from recli.kernels.past import carried

        by, first = self.by or "", lists.first(k)
        starts = np.concatenate([[0], first.there.sum(axis=1).cumsum()])
        own = carried(lists.known.labels[by])
        far = divergences(starts, first.items[first.there], *own, *lists.before.mix(by))
        return np.where(first.lengths > 0, far, np.nan)
