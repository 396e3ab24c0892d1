"""Share of the relevant rows that score at least a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class ThresholdRecall:
    """Of whole lists, pooled over users; what no list holds is not missed here."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score",)
    PLACES: ClassVar[str] = "none"
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Fawcett, Pattern Recognition Letters 2006"
    threshold: Annotated[float, "Least score that says yes."] = 0.5

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Relevant rows above, and all relevant rows, of each user."""
        from recli.kernels.labelled import counted

        yes, _, _, missed = counted(lists, self.threshold)
        return yes, yes + missed
