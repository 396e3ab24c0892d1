"""Items like those in the history: neighbours by the users they share, fast and explainable.

Sarwar, Karypis, Konstan, Riedl, "Item-based collaborative filtering recommendation algorithms",
WWW 2001 (cosine); Deshpande, Karypis, "Item-based top-N recommendation algorithms", TOIS 2004
(users of many items count less); Paudel, Christoffel, Newell, Bernstein, "Updatable, accurate,
diverse, and scalable recommendations for interactive applications", TiiS 2016 (RP3beta: a power
of the scored item's popularity); Bell, Koren,
"Scalable collaborative filtering with jointly derived neighborhood interpolation weights",
ICDM 2007 (shrinkage by common support); Robertson, Zaragoza, "The probabilistic relevance
framework: BM25 and beyond", 2009.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Matrix, Training
from recli.kernels.shapes import ItemWeights
from recli.kernels.similarity import Comparison, item_weights

_SIMILARITIES = ("cosine", "jaccard", "tf-idf", "bm25")


@dataclass(frozen=True)
class ItemKnn:
    """Item-item neighbours, similar by the users they share.

    An item i of the history weighs on the score of item j

        similarity(i, j) d_i^(1/2 - history_exponent) d_j^(1/2 - item_exponent) s / (s + shrinkage)

    with d the number of users of an item, s that of both, and each of the two weights of a common
    user divided by the number of her items to the power user_exponent. User exponent 0, item
    exponents 1/2 and no shrinkage leave the similarity itself. The default item exponents
    and shrinkage were chosen on a held-back part of the Gowalla training log.
    """

    similarity: Annotated[
        Literal["cosine", "jaccard", "tf-idf", "bm25"], "What it means to be alike."
    ] = "cosine"
    neighbours: Annotated[int, "Neighbours kept for each item of a history."] = 200
    user_exponent: Annotated[
        float, "How much less users of many items count; 0 is as much as all others."
    ] = 0.5
    item_exponent: Annotated[
        float, "How popular items are scored; less than 0.5 favours them, more holds them back."
    ] = 0.3
    history_exponent: Annotated[
        float, "How popular items of the history count; more than 0.5 makes them count less."
    ] = 0.7
    shrinkage: Annotated[float, "Doubt about items with few common users; 0 is none."] = 1.0
    bm25_k1: Annotated[float, "For bm25: how late a larger weight stops to count."] = 1.2
    bm25_b: Annotated[float, "For bm25: how much popular items are held back, 0 to 1."] = 0.75

    def __post_init__(self) -> None:
        """Refuse values outside their range, all at once."""
        faults = []
        if self.similarity not in _SIMILARITIES:
            faults.append(f"similarity must be one of {', '.join(_SIMILARITIES)}")
        if self.neighbours < 1:
            faults.append(f"neighbours must be at least 1, not {self.neighbours}")
        for name in ("user_exponent", "item_exponent", "history_exponent"):
            if not np.isfinite(getattr(self, name)):
                faults.append(f"{name} must be finite, not {getattr(self, name)}")
        for name in ("shrinkage", "bm25_k1"):
            if not 0 <= getattr(self, name) < np.inf:
                faults.append(f"{name} must be 0 or more, not {getattr(self, name)}")
        if not 0 <= self.bm25_b <= 1:
            faults.append(f"bm25_b must be between 0 and 1, not {self.bm25_b}")
        if faults:
            raise RecliError(f"item-knn: {'; '.join(faults)}", code=ExitCode.USAGE)

    def fit(self, data: Training) -> ItemWeights:
        """The weights of every item's neighbours: float32 [items, items].

        Raises RecliError (data) where a weight is not positive and finite.
        """
        values = data.matrix.data
        wrong = np.count_nonzero(~((values > 0) & np.isfinite(values)))
        if wrong:
            raise RecliError(
                f"item-knn: {wrong} pairs of user and item weigh something not positive and finite",
                "filter them on ingest",
            )
        weighted = self._weighted(data.matrix)
        spread = np.diff(data.matrix.indptr)
        counted = _degrees(data.matrix, axis=1) ** (-2 * self.user_exponent)  # [users]
        left = _with_data(weighted, weighted.data * np.repeat(counted, spread))
        sizes = _column_sums(left) if self.similarity == "jaccard" else None
        lengths = self._lengths(weighted)
        popularity = _degrees(data.matrix, axis=0)  # [items]
        comparison = Comparison(
            history_scales=popularity ** (0.5 - self.history_exponent) / lengths,
            scored_scales=popularity ** (0.5 - self.item_exponent) / lengths,
            shrinkage=self.shrinkage,
            sizes=sizes,
        )
        return ItemWeights(item_weights(left, weighted, comparison, self.neighbours, data.threads))

    def _weighted(self, matrix: Matrix) -> Matrix:
        """What each user-item pair weighs under the similarity."""
        if self.similarity == "cosine":
            return matrix
        if self.similarity == "jaccard":
            return _with_data(matrix, np.ones_like(matrix.data))
        # Items are the documents and users the terms: who has everything tells little.
        rarity = np.log(matrix.shape[1] / _degrees(matrix, axis=1))
        idf = np.repeat(rarity, np.diff(matrix.indptr))
        values = matrix.data.astype(np.float64)
        if self.similarity == "tf-idf":
            return _with_data(matrix, np.sqrt(values) * idf)
        lengths = np.bincount(matrix.indices, values, matrix.shape[1])
        relative = lengths / max(float(lengths.mean()), np.finfo(np.float64).tiny)
        saturated = self.bm25_k1 * (1 - self.bm25_b + self.bm25_b * relative[matrix.indices])
        return _with_data(matrix, values * (self.bm25_k1 + 1) / (saturated + values) * idf)

    def _lengths(self, weighted: Matrix) -> npt.NDArray[np.float64]:
        """What an item's sums are divided by; all users count alike in it."""
        if self.similarity in ("jaccard", "bm25"):
            return np.ones(weighted.shape[1])
        squares = _column_sums(_with_data(weighted, weighted.data.astype(np.float64) ** 2))
        return np.sqrt(np.where(squares > 0, squares, 1))


def _column_sums(matrix: Matrix) -> npt.NDArray[np.float64]:
    """Sum of each column, in float64."""
    sums = np.bincount(matrix.indices, matrix.data, minlength=matrix.shape[1])
    return sums.astype(np.float64)


def _degrees(matrix: Matrix, axis: Literal[0, 1]) -> npt.NDArray[np.float64]:
    """Cells in each row (axis 1) or column (axis 0); 1 where there is none, so it divides."""
    if axis == 1:
        counts = np.diff(matrix.indptr)
    else:
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.maximum(counts, 1).astype(np.float64)


def _with_data(matrix: Matrix, data: npt.NDArray[np.floating]) -> Matrix:
    """The same cells with other values, float32."""
    parts = (data.astype(np.float32), matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=matrix.shape)
