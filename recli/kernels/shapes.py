"""What a model may learn: one of a few shapes, each saved and served by shared code.

An array with a row an item or a user says so beside its type; it is saved beside their ids.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

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


@dataclass(frozen=True, eq=False)
class WeightedFoldIn:
    """How a user unseen in training gets a vector: least squares, each item with its own weight.

    The objective is that of `kernels/wmf.py`.
    """

    regularization: float
    weights: Annotated[Vectors, ITEMS]  # [items] weight of any pair with the item
    nu: float = 1.0


@dataclass(frozen=True, eq=False)
class LogisticFoldIn:
    """How a user unseen in training gets a vector: gradient steps up a logistic likelihood.

    The likelihood is that of `kernels/lmf.py`; the item vectors stay as they are.
    """

    alpha: float  # weight of a pair seen that weighs 1
    regularization: float
    learning_rate: float
    negatives: float  # weight of all pairs together, beside the number of those seen
    iterations: int
    shares: Annotated[Vectors, ITEMS]  # [items] chance to be drawn as a negative


@dataclass(frozen=True)
class Projection:
    """How a user unseen in training gets a vector: a sum over the items of her history.

    The rows of the encoder, times what the items weigh in her history, are added up, and the
    sum is divided by the number of these items to the power `exponent`.
    """

    encoder: Annotated[Vectors, ITEMS]  # [items, factors]
    exponent: float = 0.0


@dataclass(frozen=True)
class NonNegative:
    """How a user unseen in training gets a vector: non-negative least squares.

    See `kernels/nmf.py`; every entry is set to its best value in turn, so many times.
    """

    regularization: float
    sweeps: int = 50


@dataclass(frozen=True)
class RatingFoldIn:
    """How a user unseen in training gets a vector: ridge regression of her ratings.

    Of a model of ratings: item vectors are [q, b_i, 1], hers is [p + s, 1, mean + b_u], and with
    her n ratings it makes least

        sum (r - mean - b_u - b_i - q . (p + s))^2 + n^nu (regularization |p|^2 + bias_ b_u^2)

    where s is n^-1/2 times the sum of the rows of `implicit` of what she rated, 0 without it.
    """

    mean: float  # of all ratings
    lowest: float  # rating that was seen
    highest: float
    regularization: float
    bias_regularization: float | None = None  # None: users have no bias
    nu: float = 1.0
    implicit: Annotated[Vectors | None, ITEMS] = None  # [items, factors]


@dataclass(frozen=True)
class Factors:
    """A vector for each user and item; a score is their dot product."""

    users: Annotated[Vectors, USERS]  # [users, factors]
    items: Annotated[Vectors, ITEMS]  # [items, factors]
    fold_in: FoldIn | WeightedFoldIn | LogisticFoldIn | Projection | NonNegative | RatingFoldIn


@dataclass(frozen=True)
class ItemWeights:
    """A score is the sum of the rows of the items in a user's history."""

    weights: Annotated[Csr, ITEMS]  # float32 [items, items]: row in the history, column scored


@dataclass(frozen=True, eq=False)
class GraphFilter:
    """Item weights that are a polynomial of steps between users and items, and of low rank.

    A score is the sum of the rows in a user's history of

        powers_1 P + powers_2 P^2 + ... + encoder decoder^T,  P = A^T A

    with A `steps`. P is never made: it may have many more cells than the log that A comes from.
    """

    steps: Annotated[Csr, USERS]  # A, float32 [users, items], sorted indices
    powers: tuple[float, ...]
    encoder: Annotated[Vectors, ITEMS]  # [items, factors]
    decoder: Annotated[Vectors, ITEMS]  # [items, factors]
    last: Annotated[Csr | None, USERS] = None  # A of the last step, where it leads to more items

    @cached_property
    def back(self) -> Csr:
        """Steps from items to users, A^T: float32 [items, users], sorted indices."""
        return _transposed(self.steps)

    @cached_property
    def arrival(self) -> Csr:
        """The last step, from users to the items that are scored: float32 [items, users]."""
        return self.back if self.last is None else _transposed(self.last)


@dataclass(frozen=True)
class ItemFeatures:
    """A user is the sum of what describes the items of her history, an item what it is worth.

    The sum of the rows of `describes` in a user's history is her profile; a score is the sum of
    the products of the profile and an item's row of `worth`. The profile may be divided by what
    the described items of the history weigh together, a mean, or by its own length, a unit.
    """

    describes: Annotated[Csr, ITEMS]  # float32 [items, features]
    worth: Annotated[Csr, ITEMS]  # float32 [items, features]
    profile: Literal["sum", "mean", "unit"] = "sum"


@dataclass(frozen=True)
class ItemScores:
    """One score an item, the same for all users of a segment."""

    # [items, 1] or [items, 1 + labels]: first for everybody, then for each label of a segment.
    scores: Annotated[npt.NDArray[np.float64], ITEMS]


@dataclass(frozen=True)
class RandomScores:
    """A score for each pair of user and item that only her id and the seed decide."""

    seed: int


@dataclass(frozen=True, eq=False)
class UserNeighbours:
    """A score comes from what the users of the training have whose past is most like a history.

    Who is like whom is found out when a history is served; `kernels/user_neighbours.py` says how.
    """

    past: Annotated[Csr, USERS]  # float32 [users, items]
    similarity: str
    neighbours: int
    shrinkage: float
    history_exponent: float
    user_exponent: float
    item_exponent: float
    rated: bool  # `past` holds ratings, and scores are ratings expected


@dataclass(frozen=True)
class Segments:
    """What is offered to users of whom only a label is known, such as their country."""

    column: str  # of USERS
    labels: tuple[str, ...]
    scores: Annotated[npt.NDArray[np.float64], ITEMS]  # [items, 1 + labels] popularity
    vectors: Vectors | None = None  # [labels, factors] means of the members', of Factors


Shape = (
    Factors | ItemWeights | GraphFilter | ItemFeatures | ItemScores | UserNeighbours | RandomScores
)


def _transposed(matrix: Csr) -> Csr:
    across = sparse.csr_array(matrix.T)
    across.sort_indices()
    return across
