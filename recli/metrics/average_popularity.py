"""How well known the offered items are: the mean number of users who had chosen them.

Abdollahpouri, Burke and Mobasher, "Managing popularity bias in recommender systems with
personalized re-ranking", FLAIRS 2019 (ARP): the users are those of --history.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class AveragePopularity:
    """Mean over a user's first k items, then over all users who have a list."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)
    LESS_IS_BETTER: ClassVar[bool] = True
    RANGE: ClassVar[str] = "0 to the users"
    SOURCE: ClassVar[str] = "Abdollahpouri et al., FLAIRS 2019 (ARP)"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Mean over the items in the first k places, NaN where there are none."""
        first = lists.first(k)
        return first.mean(lists.known.past.choosers(lists.known.count)[first.items])
