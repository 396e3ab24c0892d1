"""How a user rates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_lists import Lists


@dataclass(frozen=True)
class UserRating(OfUsers):
    """Mean of a user's ratings before the moment of the list."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """It wants ratings."""
        return ("user_rating",) if columns.rated else ()

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """NaN for a user who rated nothing."""
        out = np.full((len(lists), 1), np.nan, np.float32)
        _fill(lists.past_starts, lists.past_ends, lists.past_ratings, out)
        return out


@njit(cache=True, nogil=True)
def _fill(past_starts, past_ends, past_ratings, out):  # type: ignore[no-untyped-def]
    for one in range(len(past_starts)):
        total, count = 0.0, 0
        for event in range(past_starts[one], past_ends[one]):
            if not np.isnan(past_ratings[event]):
                total += past_ratings[event]
                count += 1
        if count > 0:
            out[one, 0] = total / count
