"""How alike two rows of a matrix are, from sums over the columns that both of them fill."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from numba import njit

Doubles = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

# Forms that need no more than the sum of products and the number of common columns. Those after
# "jaccard" are of two columns of a table of N sets, and are 0 unless both are together in
# more sets than chance would put them in: log-likelihood is Dunning's, "Accurate methods for the
# statistics of surprise and coincidence", Computational Linguistics 1993.
SUMMED = ("product", "euclidean", "jaccard", "lift", "pmi", "npmi", "log-likelihood")
# Forms over the common columns alone, all of whose moments they need.
MATCHED = ("pearson", "cosine", "distance")
Form = Literal[
    "product", "euclidean", "jaccard", "lift", "pmi", "npmi", "log-likelihood",
    "pearson", "cosine", "distance",
]  # fmt: skip
PRODUCT, EUCLIDEAN, JACCARD, LIFT, PMI, NPMI, LOG_LIKELIHOOD = range(len(SUMMED))
PEARSON, COSINE, DISTANCE = range(len(MATCHED))
# A variance that is no more than this share of the sum of squares is what rounding left of 0.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Comparison:
    """How alike a row and another one are, once the products of their cells are summed.

    The form of it is multiplied by row_scales of the first, other_scales of the second, and by
    s / (s + shrinkage), s being the number of columns that both fill. Fewer than `least` of
    these, or one that is not above 0, is no likeness at all.
    """

    row_scales: Doubles  # [rows]
    other_scales: Doubles  # [others]
    form: Form = "product"
    # Of jaccard and euclidean the sum of (squared) cells, of the forms after them their number.
    row_sizes: Doubles | None = None  # [rows]
    other_sizes: Doubles | None = None  # [others]
    sets: int = 0  # N
    shrinkage: float = 0.0
    least: int = 1
    # Cells of each other row, where one that fills no column beyond the common ones is left out;
    # without it rows and others are the same, and none is like itself.
    whole: Counts | None = None  # [others]


@njit(cache=True, nogil=True)
def summed(form, total, row, other, shared, sets):  # type: ignore[no-untyped-def]
    """The form of a sum of products `total` of rows of these sizes with `shared` columns."""
    if form == PRODUCT:
        return total
    if form == EUCLIDEAN:
        return 1.0 / (1.0 + np.sqrt(max(row + other - 2.0 * total, 0.0)))
    if form == JACCARD:
        return total / (row + other - total)
    return _associated(form, row, other, shared, sets)


@njit(cache=True, nogil=True)
def _associated(form, row, other, shared, sets):  # type: ignore[no-untyped-def]
    """The form of a table of sets; 0 where the two are together no more than by chance."""
    lift = shared * sets / (row * other)
    if lift <= 1.0:
        return 0.0
    if form == LIFT:
        return lift
    if form == PMI:
        return np.log(lift)
    if form == NPMI:
        return np.log(lift) / -np.log(shared / sets) if shared < sets else 1.0
    neither = sets - row - other + shared
    return 2.0 * (
        _entropy(shared, sets, row, other)
        + _entropy(row - shared, sets, row, sets - other)
        + _entropy(other - shared, sets, sets - row, other)
        + _entropy(neither, sets, sets - row, sets - other)
    )


@njit(cache=True, nogil=True)
def _entropy(count, sets, row, other):  # type: ignore[no-untyped-def]
    return count * np.log(count * sets / (row * other)) if count > 0 else 0.0


@njit(cache=True, nogil=True)
def matched(form, moments):  # type: ignore[no-untyped-def]
    """The form of weighted moments over the common columns: 1, x, y, xx, yy, xy."""
    weight, x, y = moments[0], moments[1], moments[2]
    xx, yy, xy = moments[3], moments[4], moments[5]
    if form == DISTANCE:
        return 1.0 / (1.0 + np.sqrt(max(xx + yy - 2.0 * xy, 0.0) / weight))
    if form == COSINE:
        return xy / np.sqrt(xx * yy) if xx > 0 and yy > 0 else 0.0
    spread = xx - x * x / weight
    other = yy - y * y / weight
    if spread <= _ROUNDING * xx or other <= _ROUNDING * yy:
        return 0.0
    return min((xy - x * y / weight) / np.sqrt(spread * other), 1.0)
