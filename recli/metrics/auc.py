"""Chance that a relevant row scores above one that is not, over all rows of all lists.

The area under the ROC curve, equal scores counting a half; users are not told apart (gauc does).
Rows are candidates: a row is relevant where truth has its pair. It is exact up to a million
different scores; past them near ones count as equal, and the report says how far off it may be.
Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.score_counts import Counts


@dataclass(frozen=True)
class Auc:
    """Of whole lists, as `auc`; it has no interval."""

    NEEDS: ClassVar[tuple[str, ...]] = ("score",)
    PLACES: ClassVar[str] = "none"
    RANGE: ClassVar[str] = "0 to 1; 0.5 is chance"
    SOURCE: ClassVar[str] = "Fawcett, Pattern Recognition Letters 2006"

    def of_scores(self, relevant: Counts, others: Counts) -> float:
        """Pairs in the right order, and half of the equal ones, over all pairs."""
        import numpy as np

        hits, misses = relevant.astype(np.float64), others.astype(np.float64)
        pairs = float(hits.sum()) * float(misses.sum())
        below = np.cumsum(misses) - misses / 2
        return float((hits * below).sum()) / pairs if pairs else float("nan")
