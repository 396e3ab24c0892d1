"""How much an item of a history says for another: similarity, exponents and shrinkage."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.similarity import Comparison, item_weights

Similarity = Literal["cosine", "jaccard", "tf-idf", "bm25"]


@dataclass(frozen=True)
class Likeness:
    """What makes two items alike; `models/item_knn.py` says what each number does."""

    similarity: Similarity
    neighbours: int
    user_exponent: float
    item_exponent: float
    history_exponent: float
    shrinkage: float
    bm25_k1: float
    bm25_b: float

    def weights(self, matrix: Matrix, threads: int = 1) -> sparse.csr_array:
        """Weights float32 [items, items] of every item's neighbours, from [users, items]."""
        weighted = self._weighted(matrix)
        spread = np.diff(matrix.indptr)
        counted = _degrees(matrix, axis=1) ** (-2 * self.user_exponent)  # [users]
        left = _with_data(weighted, weighted.data * np.repeat(counted, spread))
        sizes = _column_sums(left) if self.similarity == "jaccard" else None
        lengths = self._lengths(weighted)
        popularity = _degrees(matrix, axis=0)  # [items]
        comparison = Comparison(
            history_scales=popularity ** (0.5 - self.history_exponent) / lengths,
            scored_scales=popularity ** (0.5 - self.item_exponent) / lengths,
            shrinkage=self.shrinkage,
            sizes=sizes,
        )
        return item_weights(left, weighted, comparison, self.neighbours, threads)

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
