"""Least squares whose weight of an unobserved pair is the item's own, the same bits always.

With s = x_user . y_item, w the weight of an interaction and c_item the weight of an item,

    sum_observed w (s - 1)^2 + sum_all c_item s^2 + lambda (sum_users (n_user + c)^nu |x|^2
        + sum_items (n_item + c_item users)^nu |y|^2),   c = sum_items c_item

where n counts the entries of a row. He et al. give a pair seen only its w in the place of its
c_item; here, as in `kernels/als.py`, it has both: with one c for all items this is that objective.

He, Zhang, Kan, Chua: Fast matrix factorization for online recommendation with implicit feedback,
SIGIR 2016, equations 7 and 8. The sweeps are those of `kernels/als.py`.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels import als, products
from recli.kernels.als import Side
from recli.kernels.als_solvers import observed_loss
from recli.kernels.products import Gram, one_blas_thread, parallel, product
from recli.kernels.shapes import Vectors, WeightedFoldIn

Weights = npt.NDArray[np.float32]


def item_weights(counts: npt.NDArray[np.int64], total: float, exponent: float) -> Weights:
    """Weight of each item unobserved, float32 [items]: total f^exponent / sum f^exponent.

    He et al. 2016, equation 8; `counts` [items] are in proportion to the popularities f. An item
    that nobody took weighs nothing.
    """
    popularity = np.where(counts > 0, counts.astype(np.float64) ** exponent, 0.0)
    weights: Weights = (total * popularity / max(popularity.sum(), 1.0)).astype(np.float32)
    return weights


def users_side(matrix: sparse.csr_array, objective: WeightedFoldIn) -> Side:
    """Equations of users: the dense part is the item vectors' product, weighed by c_item."""
    entries = np.diff(matrix.indptr) + objective.weights.sum(dtype=np.float64)
    penalty = objective.regularization * entries**objective.nu
    return _side(matrix, matrix.data.astype(np.float32), penalty.astype(np.float32))


def items_side(matrix: sparse.csr_array, objective: WeightedFoldIn) -> Side:
    """Equations of items, each divided by its c_item, so that all have the same dense part."""
    across = sparse.csr_array(matrix.T)
    counts = np.diff(across.indptr)
    weights = objective.weights.astype(np.float64)
    penalty = objective.regularization * (counts + weights * across.shape[1]) ** objective.nu
    # An item that weighs nothing has no entries, and so no equations.
    divisor = np.where(weights > 0, weights, 1.0)
    quadratic = across.data / np.repeat(divisor, counts)
    return _side(across, quadratic.astype(np.float32), (penalty / divisor).astype(np.float32))


def _side(matrix: sparse.csr_array, quadratic: Weights, penalty: Weights) -> Side:
    return Side(
        indptr=matrix.indptr.astype(np.int64),
        columns=matrix.indices.astype(np.int32),
        quadratic=quadratic,
        penalty=penalty,
        unobserved=1.0,
        base=np.float32(0),
    )


def weighted_gram(vectors: Vectors, weights: Weights, threads: int = 1) -> Gram:
    """Sum of c_item y y^T, float64 [factors, factors]; call it under `one_blas_thread`."""
    return products.gram(vectors * np.sqrt(weights)[:, None], threads)


def fit(
    matrix: sparse.csr_array,
    objective: WeightedFoldIn,
    *,
    factors: int,
    iterations: int,
    cg_steps: int = 3,
    seed: int = 0,
    threads: int = 1,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Vectors, Vectors]:
    """Vectors of users [users, factors] and items [items, factors], float32.

    `matrix` holds positive weights, [users, items]. Users and items without an entry get the zero
    vector. `report` is called after each sweep with its number and the loss, which is computed for
    this only.
    """
    users, items = als.start(matrix.shape, factors, seed)
    by_user, by_item = users_side(matrix, objective), items_side(matrix, objective)
    with one_blas_thread():
        for sweep in range(1, iterations + 1):
            gram = weighted_gram(items, objective.weights, threads)
            users, items = _half_sweep(by_user, users, items, gram, cg_steps, threads)
            gram = products.gram(users, threads)
            items, users = _half_sweep(by_item, items, users, gram, cg_steps, threads)
            if report is not None:
                report(sweep, loss(by_user, by_item, objective, users, items, threads))
    return users, items


def _half_sweep(
    side: Side, free: Vectors, fixed: Vectors, gram: Gram, steps: int, threads: int
) -> tuple[Vectors, Vectors]:
    """New vectors of one side, and both sides turned to where the dense part is diagonal."""
    values, axes = np.linalg.eigh(gram)
    turn = axes.astype(np.float32)
    free, fixed = product(free, turn, threads), product(fixed, turn, threads)
    return als.conjugate_gradient(side, free, fixed, values, steps, threads), fixed


def fold_in(
    history: sparse.csr_array, items: Vectors, objective: WeightedFoldIn, threads: int = 1
) -> Vectors:
    """Vectors of users unseen in training, float32 [rows, factors] from weights [rows, items].

    A row without an entry gets the zero vector.
    """
    with one_blas_thread():
        gram = weighted_gram(items, objective.weights, threads)
        return als.exact(users_side(history, objective), items, gram, threads)


def loss(
    by_user: Side,
    by_item: Side,
    objective: WeightedFoldIn,
    users: Vectors,
    items: Vectors,
    threads: int = 1,
) -> float:
    """The objective in float64, empty rows (which are zero vectors) included."""
    given = (by_user.indptr, by_user.columns, by_user.quadratic, items, users, by_user.base)
    observed = parallel(lambda task: float(observed_loss(*given, *task)), by_user.tasks(), threads)
    weights = objective.weights
    grams = products.gram(users, threads) * weighted_gram(items, weights, threads)
    penalties = (
        float(penalty @ np.einsum("rf,rf->r", vectors, vectors, dtype=np.float64))
        for penalty, vectors in ((by_user.penalty, users), (by_item.penalty * weights, items))
    )
    return sum(observed) + float(grams.sum()) + sum(penalties)
