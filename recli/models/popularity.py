"""Score items by how much they were chosen, lately or ever, by all or by a segment.

The baseline that every other model has to beat: Cremonesi, Koren and Turrin, "Performance of
recommender algorithms on top-N recommendation tasks", RecSys 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemScores


@dataclass(frozen=True)
class Popularity(Learner):
    """Sums of interaction weights per item, each event as old as the last event says."""

    personal: ClassVar[bool] = False

    window_days: Annotated[
        float | None, "Count only the last so many days.", POSITIVE, Tuned(1, 365, log=True)
    ] = None
    half_life_days: Annotated[
        float | None,
        "Halve an event's weight every so many days.",
        POSITIVE,
        Tuned(1, 365, log=True),
    ] = None

    def needs(self) -> list[str]:
        """Times, where age counts."""
        return ["timestamp"] if self.window_days or self.half_life_days else []

    def fit(self, data: Training) -> ItemScores:
        """Scores [items, 1 + labels]; a segment's gaps are filled in the whole's order."""
        from recli.kernels import popular
        from recli.kernels.shapes import ItemScores

        weights = popular.aged(data, self.window_days, self.half_life_days)
        return ItemScores(popular.scores(data, weights))
