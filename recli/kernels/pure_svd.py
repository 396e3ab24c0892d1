"""PureSVD: the log's largest singular values, its cells scaled before and scores scaled back.

With X scaled to Y = D_user^-a X D_item^-b, the right singular vectors V of Y and its singular
values s, a history x is scored by

    x D_item^-b V diag(s)^e V^T D_item^b

Cremonesi, Koren, Turrin, RecSys 2010, equation 8 (a = b = e = 0); Shen et al., CIKM 2021, section 4
(a = b = 1/2).
"""

import numpy as np
from scipy import sparse

from recli.kernels.folding import projected
from recli.kernels.matrix import Matrix
from recli.kernels.shapes import Factors, Projection
from recli.kernels.svd import truncated_svd


def fit(
    matrix: Matrix,
    *,
    factors: int,
    user_exponent: float,
    item_exponent: float,
    spectral_exponent: float,
    seed: int = 0,
    threads: int = 1,
) -> Factors:
    """Vectors of users and items from a log float32 [users, items], and the encoder of later users.

    Raises ValueError where there are more factors than users or items.
    """
    users = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64) ** user_exponent
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    items = np.maximum(counts, 1).astype(np.float64) ** item_exponent
    data = matrix.data / np.repeat(users, np.diff(matrix.indptr)) / items[matrix.indices]
    scaled = sparse.csr_array(
        (data.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    _, values, vectors = truncated_svd(scaled, factors, seed, threads)
    relative = (values / (float(values[0]) or 1.0)) ** spectral_exponent
    encoder = (vectors * relative / items[:, None]).astype(np.float32)
    decoder = (vectors * items[:, None]).astype(np.float32)
    return Factors(projected(matrix, encoder), decoder, Projection(encoder))
