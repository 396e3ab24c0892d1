"""Share of a user's relevant items that the first k places hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Recall:
    """Hits over relevant items; capped, a full list of hits counts 1 however many there are."""

    denominator: Annotated[
        Literal["relevant", "capped"], "Relevant items of the user, or at most k of them."
    ] = "relevant"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first k places over the denominator."""
        reachable = lists.relevant.clip(1, k if self.denominator == "capped" else None)
        return lists.judged(lists.hits(k).sum(axis=1) / reachable)
