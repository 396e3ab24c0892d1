"""What a model may learn: one of a few shapes, each saved and served by shared code."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FoldIn:
    """How a user unseen in training gets a vector: least squares against the item vectors.

    The objective is that of ALS (see `kernels/als.py`): exactly one of the two confidence
    forms is given, an unobserved weight or an alpha.
    """

    regularization: float
    nu: float = 1.0
    unobserved_weight: float | None = None
    alpha: float | None = None


@dataclass(frozen=True)
class Factors:
    """A vector for each user and item; a score is their dot product."""

    users: Vectors  # [users, factors]
    items: Vectors  # [items, factors]
    fold_in: FoldIn


@dataclass(frozen=True)
class ItemWeights:
    """A score is the sum of the rows of the items in a user's history."""

    weights: sparse.csr_array  # float32 [items, items]: row in the history, column scored


@dataclass(frozen=True)
class ItemScores:
    """One score an item, the same for all users of a segment."""

    scores: npt.NDArray[np.float64]  # [segments, items]; row 0 is for users of no segment
    segments: tuple[str, ...] = ("",)  # label of each row; the first is empty
    column: str | None = None  # column of USERS that holds the label


Shape = Factors | ItemWeights | ItemScores
