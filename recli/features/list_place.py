"""Where a candidate stands in its list: score, rank, and the score beside the others'."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from recli.kernels.features import Columns, OfPairs, Table
from recli.kernels.features_lists import Lists

NAMES = (
    "retrieval_score",
    "retrieval_rank",
    "retrieval_place",  # of the score between the list's least (0) and most (1)
    "retrieval_deviation",  # of the score from the list's mean, in standard deviations
    "list_length",
)


@dataclass(frozen=True)
class ListPlace(OfPairs):
    """What the retrieval thought of a candidate."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want a score and a rank."""
        return NAMES if columns.listed else ()

    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """Scores that are all equal stand at 0."""
        _fill(lists.starts, lists.scores, lists.ranks, out)


@njit(cache=True, nogil=True)
def _fill(starts, scores, ranks, out):  # type: ignore[no-untyped-def]
    for one in range(len(starts) - 1):
        begin, end = starts[one], starts[one + 1]
        if begin == end:
            continue
        total, least, most = 0.0, np.float64(scores[begin]), np.float64(scores[begin])
        for row in range(begin, end):
            total += scores[row]
            least = min(least, np.float64(scores[row]))
            most = max(most, np.float64(scores[row]))
        mean = total / (end - begin)
        squares = 0.0
        for row in range(begin, end):
            squares += (scores[row] - mean) ** 2
        deviation = np.sqrt(squares / (end - begin))
        for row in range(begin, end):
            out[row, 0] = scores[row]
            out[row, 1] = ranks[row]
            out[row, 2] = (scores[row] - least) / (most - least) if most > least else 0.0
            out[row, 3] = (scores[row] - mean) / deviation if most > least else 0.0
            out[row, 4] = end - begin
