"""Mean of the precision at each relevant item's place (mean average precision)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Map:
    """Average precision of each user, over what a list of k could hold or over all."""

    denominator: Annotated[
        Literal["capped", "relevant"], "Relevant items of the user, at most k, or all of them."
    ] = "capped"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Precision summed over the places of hits, over the denominator."""
        import numpy as np

        from recli.kernels.lists import total

        hits = lists.hits(k)
        precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
        reachable = lists.relevant.clip(1, k if self.denominator == "capped" else None)
        return lists.judged(total(precision * hits) / reachable)
