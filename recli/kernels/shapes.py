"""What a model may learn: one of a few shapes, each saved and served by shared code.

An array with a row an item or a user says so beside its type; it is saved beside their ids.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import numpy.typing as npt
from scipy import sparse

Vectors = npt.NDArray[np.float32]
Csr = sparse.csr_array
ITEMS, USERS = "items", "users"


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
class Projection:
    """How a user unseen in training gets a vector: a sum over the items of her history.

    The rows of the encoder, times what the items weigh in her history, are added up, and the
    sum is divided by the number of these items to the power `exponent`.
    """

    encoder: Annotated[Vectors, ITEMS]  # [items, factors]
    exponent: float = 0.0


@dataclass(frozen=True)
class Factors:
    """A vector for each user and item; a score is their dot product."""

    users: Annotated[Vectors, USERS]  # [users, factors]
    items: Annotated[Vectors, ITEMS]  # [items, factors]
    fold_in: FoldIn | Projection


@dataclass(frozen=True)
class ItemWeights:
    """A score is the sum of the rows of the items in a user's history."""

    weights: Annotated[Csr, ITEMS]  # float32 [items, items]: row in the history, column scored


@dataclass(frozen=True)
class ItemFilter:
    """Item weights of which a part is sparse and a part of low rank.

    A score is the sum of the rows in a user's history of `weights` + `encoder` `decoder`^T.
    """

    weights: Annotated[Csr, ITEMS]  # float32 [items, items]: row in the history, column scored
    encoder: Annotated[Vectors, ITEMS]  # [items, factors]
    decoder: Annotated[Vectors, ITEMS]  # [items, factors]


@dataclass(frozen=True)
class ItemFeatures:
    """A user is the sum of what describes the items of her history, an item what it is worth.

    The sum of the rows of `describes` in a user's history is her profile; a score is the sum of
    the products of the profile and an item's row of `worth`.
    """

    describes: Annotated[Csr, ITEMS]  # float32 [items, features]
    worth: Annotated[Csr, ITEMS]  # float32 [items, features]

    @cached_property
    def items_of(self) -> Csr:
        """`worth` by feature: float32 [features, items], sorted indices."""
        by_feature = sparse.csr_array(self.worth.T)
        by_feature.sort_indices()
        return by_feature


@dataclass(frozen=True)
class ItemScores:
    """One score an item, the same for all users of a segment."""

    # [items, 1] or [items, 1 + labels]: first for everybody, then for each label of a segment.
    scores: Annotated[npt.NDArray[np.float64], ITEMS]


@dataclass(frozen=True)
class Segments:
    """What is offered to users of whom only a label is known, such as their country."""

    column: str  # of USERS
    labels: tuple[str, ...]
    scores: Annotated[npt.NDArray[np.float64], ITEMS]  # [items, 1 + labels] popularity
    vectors: Vectors | None = None  # [labels, factors] means of the members', of Factors


Shape = Factors | ItemWeights | ItemFilter | ItemFeatures | ItemScores
