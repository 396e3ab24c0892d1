"""Share of the offered items that are of the long tail, not of the popular head.

The head are the most popular items that together hold four fifths of what --history weighs, the
tail all others, those that it does not hold among them. Abdollahpouri, Burke and Mobasher,
"Managing popularity bias in recommender systems with personalized re-ranking", FLAIRS 2019 (APLT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import SHARE

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class LongTailShare:
    """Mean over all users who have a list, of a user's first k items."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Abdollahpouri et al., FLAIRS 2019 (APLT)"
    head: Annotated[float, "Share of the history that the head holds.", SHARE] = 0.8

    def of_users(self, lists: Lists, k: int) -> Values:
        """Items of the tail over the items there are, NaN where there are none."""
        first = lists.first(k)
        head = lists.known.past.head(self.head, lists.known.count)
        return first.mean((~head[first.items]).astype(float))
