"""AUC within the list of each user, averaged with the numbers of their rows as weights.

The chance that a relevant row of a user scores above another row of hers, equal scores counting
a half; rows are candidates, relevant where truth has their pair. Users whose rows are all of one
kind are left out. Zhou et al., "Deep interest network for click-through rate prediction", KDD
2018, weigh by rows shown; others by relevant rows, or users alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Gauc:
    """Grouped AUC of whole lists, as `gauc`."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score",)
    PLACES: ClassVar[str] = "none"
    RANGE: ClassVar[str] = "0 to 1; 0.5 is chance"
    SOURCE: ClassVar[str] = "Zhou et al., KDD 2018"
    weight: Annotated[
        Literal["rows", "relevant", "users"], "What users count by: rows, relevant ones, or alike."
    ] = "rows"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """AUC of each user times her weight, and the weight."""
        import numpy as np

        from recli.kernels.labelled import ordered_pairs

        right, pairs = ordered_pairs(lists)
        weights = {
            "rows": lists.lengths,
            "relevant": lists.found,
            "users": np.ones(len(pairs)),
        }[self.weight]
        return np.where(pairs > 0, right / pairs.clip(min=1) * weights, np.nan), weights
