"""Hits of all users over the places that they could fill: no mean over users.

A user could fill as many of the first k places as she has relevant items. The library implicit
calls this precision@k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class PooledPrecision:
    """Users with many relevant items weigh more than others."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "implicit, ranking_metrics_at_k"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Hits in the first k places, and the relevant items there could be in them."""
        return lists.judged(lists.first(k).found), lists.relevant.clip(0, k).astype(float)
