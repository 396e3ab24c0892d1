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
    RANGE: ClassVar[str] = "0 to log2 of the users"
    SOURCE: ClassVar[str] = "Zhou et al., PNAS 2010"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Mean over the items in the first k places, NaN where there are none."""
        first = lists.first(k)
        return first.mean(lists.known.information[first.items])
