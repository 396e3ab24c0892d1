"""Share of relevant rows among those that score at least a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class ThresholdPrecision:
    """Of whole lists, pooled over users; a row is relevant where truth has its pair."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score",)
    PLACES: ClassVar[str] = "none"
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Fawcett, Pattern Recognition Letters 2006"
    threshold: Annotated[float, "Least score that says yes."] = 0.5

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Relevant rows above, and all rows above, of each user."""
        from recli.kernels.labelled import counted

        yes, _, wrong, _ = counted(lists, self.threshold)
        return yes, yes + wrong
