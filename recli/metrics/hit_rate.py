"""Share of users who find a relevant item in the first k places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class HitRate:
    """1 for a user with a hit, else 0."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Deshpande and Karypis, ACM TOIS 2004"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Whether any of the first k places is a hit."""
        return lists.judged((lists.first(k).found > 0).astype(float))
