"""How many rows of each code stand in the first places of each list, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

if TYPE_CHECKING:
    from recli.kernels.rules import Lists, Longs

_CODES = 1 << 32  # more than there are codes


@dataclass(frozen=True)
class Standing:
    """Pairs of a list and a code that some row of it has."""

    lists: Longs  # [pairs] number of the list
    all: Longs  # [pairs] rows of the list with the code
    ahead: Longs  # [pairs] those of them in the first places
    lengths: Longs  # [lists] rows of each list

    def per_list(self, values: Longs) -> Longs:
        """Sums over the pairs of each list [lists]."""
        sums = np.bincount(self.lists, weights=values, minlength=len(self.lengths))
        whole: Longs = sums.astype(np.int64)
        return whole


def list_numbers(rows: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Number of each row's list, from 0."""
    return rows["user_id"].rle_id().to_numpy().astype(np.int64)


def standing(rows: pl.DataFrame, codes: Lists, top: int) -> Standing:
    """The count of each code in each list, by the `rank` of the rows."""
    starts, flat = codes
    lists = list_numbers(rows)
    counts = np.diff(starts)
    pairs = np.repeat(lists, counts) * _CODES + flat
    first = np.repeat(rows["rank"].to_numpy() <= top, counts)
    known, every = np.unique(pairs, return_counts=True)
    ahead = np.bincount(np.searchsorted(known, pairs[first]), minlength=len(known))
    return Standing(known // _CODES, every, ahead, np.bincount(lists))
