"""Mean of the precision at each relevant item's place (mean average precision)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Map:
    """Average precision of each user, over what a list of k could hold or over all."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Buckley and Voorhees, SIGIR 2000"
    denominator: Annotated[
        Literal["cap", "all"], "Relevant items of the user, at most k, or all of them."
    ] = "cap"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Precision summed over the places of hits, over the denominator."""
        import numpy as np

        from recli.kernels.lists import total

        hits = lists.first(k).hits
        precision = hits.cumsum(axis=1) / np.arange(1, hits.shape[1] + 1)
        reachable = lists.relevant.clip(1, k if self.denominator == "cap" else None)
        return lists.judged(total(precision * hits) / reachable)
