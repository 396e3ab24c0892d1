"""Share of the first k places that hold a relevant item."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Precision:
    """Hits over k, also for a list that is shorter than k."""

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first k places over k."""
        return lists.judged(lists.hits(k).sum(axis=1) / k)
