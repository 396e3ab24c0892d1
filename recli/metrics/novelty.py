"""How little known the offered items are: mean bits of -log2 of the share who chose them.

Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems", PNAS 2010:
the share is of the users of --history. An item that none of them chose counts as if one had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Novelty:
    """Mean self-information of a user's first k items, over all users who have a list."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)

    def of_users(self, lists: Lists, k: int) -> Values:
        """Mean over the items in the first k places, NaN where there are none."""
        import numpy as np

        from recli.kernels.lists import total

        items = lists.items[:, :k]
        bits = np.where(items >= 0, lists.information[items], 0.0)
        count = (items >= 0).sum(axis=1)
        return np.where(count > 0, total(bits) / count.clip(min=1), np.nan)
