"""Order by the sum of 1 / (constant + place) over the sources, whatever their scores.

Reciprocal rank fusion: Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms
Condorcet and individual rank learning methods", SIGIR 2009, whose constant is 60. An item that
a source does not offer gets nothing from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import NOT_NEGATIVE, Tuned
from recli.mergers import Merger, weights_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers

EXAMPLE = "recli merge reciprocal-rank candidates.parquet recs.parquet -k 10 -o merged.parquet"


@dataclass(frozen=True)
class ReciprocalRank(Merger):
    """Sums of reciprocal places."""

    constant: Annotated[
        float,
        "Added to each place; lower it to let first places count for more.",
        NOT_NEGATIVE,
        Tuned(1, 200, log=True),
    ] = 60.0
    weights: Annotated[str | None, "Weight of each table, as 0.7,0.3; all alike without it."] = None

    def check(self, sources: int) -> None:
        """Refuse weights that are not one for each source."""
        weights_of(self.weights, sources)

    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """Sums over the sources [pairs]."""
        import numpy as np

        from recli.kernels.blending import blended, reciprocal

        sources = len(offers.at)
        # The paper's sum has no weights: without them each source counts as 1.
        own = [1.0] * sources if self.weights is None else weights_of(self.weights, sources)
        return blended(offers, reciprocal(offers, self.constant), np.array([own]))
