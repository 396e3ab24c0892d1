"""Score items by how much they were chosen, lately or ever, by all or by a segment.

The baseline that every other model has to beat: Cremonesi, Koren and Turrin, "Performance of
recommender algorithms on top-N recommendation tasks", RecSys 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.errors import ExitCode, RecliError

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemScores


@dataclass(frozen=True)
class Popularity:
    """Sums of interaction weights per item, each event as old as the last event says."""

    window_days: Annotated[float | None, "Count only the last so many days."] = None
    half_life_days: Annotated[float | None, "Halve an event's weight every so many days."] = None
    segment: Annotated[str | None, "Column of --users: count each of its values apart."] = None

    def __post_init__(self) -> None:
        for name in ("window_days", "half_life_days"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                flag = name.replace("_", "-")
                raise RecliError(f"--{flag} {value}", "give more than 0", code=ExitCode.USAGE)

    def fit(self, data: Training) -> ItemScores:
        """Scores [1 + segments, items]; a segment's gaps are filled in the whole's order."""
        from recli.kernels import popular
        from recli.kernels.shapes import ItemScores

        if data.timestamps is None and (self.window_days or self.half_life_days):
            raise RecliError(
                "the interactions have no column 'timestamp', and a window or half-life needs it",
                "ingest them with --map timestamp=COLUMN",
            )
        weights = popular.aged(data, self.window_days, self.half_life_days)
        if self.segment is None or data.segments is None:
            return ItemScores(popular.sums(data, weights)[None, :])
        labels, scores = popular.sums_by_segment(data, weights, data.segments)
        return ItemScores(scores, ("", *labels), self.segment)
