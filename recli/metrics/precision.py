"""Share of the first k places that hold a relevant item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Precision:
    """Hits over k, also for a list that is shorter than k."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Cleverdon, Mills and Keen, 1966; at k: Herlocker et al., TOIS 2004"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first k places over k."""
        return lists.judged(lists.first(k).found / k)
