"""One over the place of the first relevant item, 0 without one (mean reciprocal rank)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Mrr:
    """Reciprocal rank of each user."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Voorhees, TREC-8 1999"

    def of_users(self, lists: Lists, k: int) -> Values:
        """The largest reciprocal place of a hit in the first k."""
        import numpy as np

        hits = lists.first(k).hits
        return lists.judged((hits / np.arange(1, hits.shape[1] + 1)).max(axis=1, initial=0))
