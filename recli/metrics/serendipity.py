"""Share of the first k places whose item is relevant, and not offered by popularity.

What is unexpected and useful, over k: Ge, Delgado-Battenfeld and Jannach, "Beyond accuracy:
evaluating recommender systems by coverage and serendipity", RecSys 2010, as surveyed by Kotkov,
Wang and Veijalainen, Knowledge-Based Systems 2016. What is unexpected is said at unexpectedness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Serendipity:
    """At most the precision, which counts the expected hits too."""

    NEEDS: ClassVar[tuple[str, ...]] = ("history",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Ge et al., RecSys 2010; Kotkov et al., Knowledge-Based Systems 2016"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first k places that are not expected, over k."""
        from recli.kernels.expected import unexpected

        first = lists.first(k)
        return lists.judged((unexpected(first, k) & first.hits).sum(axis=1) / k)
