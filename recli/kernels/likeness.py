"""How much an item of a history says for another: similarity, exponents and shrinkage."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.comparison import Comparison, Doubles, Form
from recli.kernels.matrix import Matrix
from recli.kernels.similarity import alike

Similarity = Literal[
    "cosine", "jaccard", "tf-idf", "bm25", "dot", "euclidean", "pearson", "adjusted-cosine"
]
FORMS: dict[str, Form] = {"jaccard": "jaccard", "euclidean": "euclidean"}
FORMS_OF_RATINGS: dict[str, Form] = {
    "jaccard": "jaccard",
    "euclidean": "distance",
    "pearson": "pearson",
    "adjusted-cosine": "cosine",
}


@dataclass(frozen=True)
class Likeness:
    """What makes two items alike; `models/item_knn.py` says what each number does."""

    similarity: Similarity
    values: Literal["weight", "rating"]
    neighbours: int
    user_exponent: float
    item_exponent: float
    history_exponent: float
    shrinkage: float
    bm25_k1: float
    bm25_b: float

    def weights(self, matrix: Matrix, threads: int = 1) -> sparse.csr_array:
        """Weights float32 [items, items] of every item's neighbours, from [users, items]."""
        forms = FORMS_OF_RATINGS if self.values == "rating" else FORMS
        form = forms.get(self.similarity, "product")
        weighted = self._weighted(matrix)
        counted = degrees(matrix, axis=1) ** (-2 * self.user_exponent)  # [users]
        by_item = sparse.csr_array(weighted.T)
        by_item.sort_indices()
        left = with_data(by_item, by_item.data * counted[by_item.indices])
        lengths = self._lengths(weighted)
        popularity = degrees(matrix, axis=0)  # [items]
        sizes = sizes_of(form, left, by_item)
        comparison = Comparison(
            popularity ** (0.5 - self.history_exponent) / lengths,
            popularity ** (0.5 - self.item_exponent) / lengths,
            form,
            row_sizes=sizes,
            other_sizes=sizes,
            shrinkage=self.shrinkage,
        )
        rows = by_item if form in ("pearson", "cosine", "distance") else left
        per_user = counted.astype(np.float32)
        return alike(rows, weighted, comparison, self.neighbours, threads, per_user)

    def _weighted(self, matrix: Matrix) -> Matrix:
        """What each user-item pair weighs under the similarity."""
        if self.similarity == "jaccard":
            return with_data(matrix, np.ones_like(matrix.data))
        if self.similarity == "adjusted-cosine":
            return with_data(matrix, deviations(matrix))
        if self.similarity not in ("tf-idf", "bm25"):
            return matrix
        # Items are the documents and users the terms: who has everything tells little.
        rarity = np.log(matrix.shape[1] / degrees(matrix, axis=1))
        idf = np.repeat(rarity, np.diff(matrix.indptr))
        values = matrix.data.astype(np.float64)
        if self.similarity == "tf-idf":
            return with_data(matrix, np.sqrt(values) * idf)
        lengths = np.bincount(matrix.indices, values, matrix.shape[1])
        relative = lengths / max(float(lengths.mean()), np.finfo(np.float64).tiny)
        saturated = self.bm25_k1 * (1 - self.bm25_b + self.bm25_b * relative[matrix.indices])
        return with_data(matrix, values * (self.bm25_k1 + 1) / (saturated + values) * idf)

    def _lengths(self, weighted: Matrix) -> Doubles:
        """What an item's sums are divided by; all users count alike in it."""
        if self.similarity in ("cosine", "tf-idf"):
            return lengths_of(weighted.indices, weighted.data, weighted.shape[1])
        return np.ones(weighted.shape[1])


def sizes_of(form: Form, left: Matrix, rows: Matrix) -> Doubles | None:
    """What jaccard and euclidean ask of each row, whose cells count as much as in `left`."""
    if form not in ("jaccard", "euclidean"):
        return None
    values = left.data.astype(np.float64)
    return row_sums(rows, values if form == "jaccard" else values * rows.data)


def row_sums(matrix: Matrix, values: npt.NDArray[np.floating]) -> Doubles:
    """Sum of each row of a matrix with such values in its cells."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    return np.bincount(rows, values, matrix.shape[0]).astype(np.float64)


def lengths_of(
    numbers: npt.NDArray[np.integer], values: npt.NDArray[np.floating], count: int
) -> Doubles:
    """Euclidean length of each of `count` vectors, of whose cells `numbers` are; 1 for none."""
    squares = np.bincount(numbers, values.astype(np.float64) ** 2, count)
    return np.sqrt(np.where(squares > 0, squares, 1))


def deviations(matrix: Matrix) -> Doubles:
    """What each cell differs by from the mean of the filled cells of its row."""
    values = matrix.data.astype(np.float64)
    return values - np.repeat(means(matrix), np.diff(matrix.indptr))


def means(matrix: Matrix) -> Doubles:
    """Mean of the filled cells of each row; 0 where there is none."""
    return row_sums(matrix, matrix.data) / np.maximum(np.diff(matrix.indptr), 1)


def degrees(matrix: Matrix, axis: Literal[0, 1]) -> Doubles:
    """Cells in each row (axis 1) or column (axis 0); 1 where there is none, so it divides."""
    if axis == 1:
        counts = np.diff(matrix.indptr)
    else:
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return np.maximum(counts, 1).astype(np.float64)


def with_data(matrix: Matrix, data: npt.NDArray[np.floating]) -> Matrix:
    """The same cells with other values, float32."""
    parts = (data.astype(np.float32), matrix.indices, matrix.indptr)
    return sparse.csr_array(parts, shape=matrix.shape)
