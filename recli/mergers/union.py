"""Keep everything that any source offers, the first places of all before the second.

Items come by the best place that a source gives them; of equal ones first what more sources
offer, then what an earlier table does, then by item id. The score is 1 / best place. A ranker
that is to order them finds each source's rank and score in columns of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from recli.mergers import Merger

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers

EXAMPLE = "recli merge union candidates.parquet recs.parquet -o merged.parquet"


@dataclass(frozen=True)
class Union(Merger):
    """Every candidate once, in a defined order."""

    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """1 / best place [pairs]."""
        from recli.kernels.offers import best_places

        best, _ = best_places(offers)
        return (1.0 / best).astype("float32")

    def ties(self, offers: Offers) -> npt.NDArray[np.int64]:
        """Fewer misses first, then the earlier of the tables that offer it at that place."""
        import numpy as np

        from recli.kernels.offers import best_places

        _, first = best_places(offers)
        misses = (offers.at < 0).sum(axis=0)
        order = (misses * len(offers.at) + first).astype(np.int64)
        ties: npt.NDArray[np.int64] = order * offers.count + offers.items
        return ties
