"""Random walks from an item to its users and on to their items, by their probability."""

import numpy as np
from scipy import sparse

from recli.kernels.comparison import Comparison
from recli.kernels.likeness import degrees, row_sums, with_data
from recli.kernels.matrix import Matrix
from recli.kernels.similarity import alike


def item_weights(
    matrix: Matrix, alpha: float, beta: float, neighbours: int, threads: int = 1
) -> Matrix:
    """Weights float32 [items, items] of the items that most walks lead to, from [users, items].

    `models/rp3beta.py` has the formula; only the largest `neighbours` of a row are kept.
    """
    by_item = sparse.csr_array(matrix.T)
    by_item.sort_indices()
    reached = degrees(matrix, axis=0) ** -beta
    comparison = Comparison(np.ones(matrix.shape[1]), reached)
    back, forth = _steps(by_item, alpha), _steps(matrix, alpha)
    return alike(back, forth, comparison, neighbours, threads)


def _steps(matrix: Matrix, alpha: float) -> Matrix:
    """The probability of each step from a row, to the power alpha."""
    values = matrix.data.astype(np.float64)
    sums = np.repeat(row_sums(matrix, values), np.diff(matrix.indptr))
    return with_data(matrix, (values / sums) ** alpha)
