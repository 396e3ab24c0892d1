"""What a user's history says of her, feature by feature."""

import numpy as np
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.shapes import ItemFeatures


def of(history: Matrix, shape: ItemFeatures) -> Matrix:
    """Profiles float32 [users, features], sorted indices; summed in float64.

    A profile that is to be divided by something not positive says nothing and is empty.
    """
    wide = sparse.csr_array(history.astype(np.float64))
    summed = sparse.csr_array(wide @ shape.describes)
    if shape.profile != "sum":
        rows = np.repeat(np.arange(summed.shape[0]), np.diff(summed.indptr))
        if shape.profile == "mean":
            described = (np.diff(shape.describes.indptr) > 0).astype(np.float64)
            sizes = wide @ described
        else:
            squares = np.bincount(rows, summed.data**2, minlength=summed.shape[0])
            sizes = np.sqrt(squares)
        summed.data *= np.divide(1.0, sizes, out=np.zeros_like(sizes), where=sizes > 0)[rows]
    profiles = sparse.csr_array(summed.astype(np.float32))
    profiles.eliminate_zeros()
    profiles.sort_indices()
    return profiles
