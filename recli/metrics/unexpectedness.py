"""Share of the first k places whose item is not what popularity alone would have offered.

Expected are the k most popular items of --history that the user has not chosen: the primitive
prediction model of Ge, Delgado-Battenfeld and Jannach, "Beyond accuracy: evaluating recommender
systems by coverage and serendipity", RecSys 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Unexpectedness:
    """Of a user's items, over all users who have a list."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Ge, Delgado-Battenfeld and Jannach, RecSys 2010"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Items that are not expected over the items there are, NaN where there are none."""
        from recli.kernels.expected import unexpected

        first = lists.first(k)
        return first.mean(unexpected(first, k).astype(float))
