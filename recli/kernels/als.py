"""Alternating least squares on implicit feedback, the same bits for any number of threads.

Two confidence forms, s = x_user . y_item and w the weight of an interaction:

    unobserved weight a0    sum_observed w (s-1)^2 + a0 sum_all s^2              (Rendle et al.)
    alpha                   sum_observed (1 + alpha w) (s-1)^2 + sum_rest s^2    (Hu et al.)

each with lambda sum_rows (n_row + a0 n_other)^nu |x|^2, where n_row counts the entries of a row,
n_other the rows of the other side, and a0 = 1 in the second form. Both are, up to a constant,
a0 sum_all s^2 + sum_observed (q s^2 - 2 l s) with q = w, l = w or q = alpha w, l = 1 + alpha w.

Hu, Koren, Volinsky: Collaborative filtering for implicit feedback datasets, ICDM 2008.
Takács, Pilászy, Tikk: Applications of the conjugate gradient method for implicit feedback
collaborative filtering, RecSys 2011.
Rendle, Krichene, Zhang, Koren: Revisiting the performance of iALS on item recommendation
benchmarks, arXiv 2110.14037, 2021.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels import als_solvers, products
from recli.kernels.products import Gram, one_blas_thread, parallel, product
from recli.kernels.shapes import FoldIn, Vectors

Solver = Literal["cg", "exact"]

UNOBSERVED_RATIO = 10.0  # chosen on Gowalla's validation part
TASKS = 128  # parts of about equal work that threads take in turn


@dataclass(frozen=True)
class Side:
    """One side's equations: a row of entries for each vector that is solved for."""

    indptr: npt.NDArray[np.int64]  # [rows + 1]
    columns: npt.NDArray[np.int32]  # [entries]
    quadratic: npt.NDArray[np.float32]  # [entries] q
    penalty: npt.NDArray[np.float32]  # [rows] lambda (n_row + a0 n_other)^nu
    unobserved: float  # a0
    base: np.float32  # l - q

    @classmethod
    def of(cls, matrix: sparse.csr_array, objective: FoldIn) -> "Side":
        """Equations of the rows of a matrix of weights, float32 [rows, other side]."""
        by_alpha = objective.alpha is not None
        unobserved = 1.0 if objective.unobserved_weight is None else objective.unobserved_weight
        entries = np.diff(matrix.indptr) + unobserved * matrix.shape[1]
        return cls(
            indptr=matrix.indptr.astype(np.int64),
            columns=matrix.indices.astype(np.int32),
            quadratic=np.float32(objective.alpha or 1) * matrix.data.astype(np.float32),
            penalty=(objective.regularization * entries**objective.nu).astype(np.float32),
            unobserved=unobserved,
            base=np.float32(by_alpha),
        )

    def tasks(self) -> list[tuple[int, int]]:
        """Ranges of rows of about equal work."""
        rows = len(self.indptr) - 1
        work = self.indptr + 16 * np.arange(rows + 1)
        cuts = np.searchsorted(work, np.linspace(0, work[-1], TASKS + 1))
        cuts = np.unique(np.concatenate(([0], cuts, [rows]))).tolist()
        return list(pairwise(cuts))


def fit(
    matrix: sparse.csr_array,
    objective: FoldIn,
    *,
    factors: int,
    iterations: int,
    solver: Solver = "cg",
    cg_steps: int = 3,
    seed: int = 0,
    threads: int = 1,
    report: Callable[[int, float], None] | None = None,
) -> tuple[Vectors, Vectors]:
    """Vectors of users [users, factors] and items [items, factors], float32.

    `matrix` holds positive weights, [users, items]. Users and items without an entry get the zero
    vector. `report` is called after each sweep with its number and the loss, which is computed for
    this only. Raises numpy.linalg.LinAlgError where the exact solver meets a singular matrix.
    """
    users, items = start(matrix.shape, factors, seed)
    by_user = Side.of(matrix, objective)
    by_item = Side.of(sparse.csr_array(matrix.T), objective)
    with one_blas_thread():
        for sweep in range(1, iterations + 1):
            users, items = _half_sweep(by_user, users, items, solver, cg_steps, threads)
            items, users = _half_sweep(by_item, items, users, solver, cg_steps, threads)
            if report is not None:
                report(sweep, loss(by_user, by_item, users, items, threads))
    return users, items


def start(shape: tuple[int, int], factors: int, seed: int) -> tuple[Vectors, Vectors]:
    """Random vectors of users and items, each component N(0, (0.1 / sqrt(factors))^2)."""
    draw = np.random.default_rng(seed).standard_normal
    scale = np.float32(0.1 / np.sqrt(factors))
    users, items = (draw((rows, factors), np.float32) * scale for rows in shape)
    return users, items


def default_unobserved(matrix: sparse.csr_array) -> float:
    """Weight of a pair beside 1 of one seen where nobody asks for one.

    All pairs together then weigh so many times what those seen do: a weight that fits a dense log
    drowns a sparse one.
    """
    pairs = matrix.shape[0] * matrix.shape[1]
    return UNOBSERVED_RATIO * float(matrix.data.sum(dtype="float64")) / pairs


def _half_sweep(
    side: Side, free: Vectors, fixed: Vectors, solver: Solver, cg_steps: int, threads: int
) -> tuple[Vectors, Vectors]:
    """New vectors of one side, and the other side's, both turned by the same rotation.

    Scores, loss and regularization do not change when both sides are turned, so conjugate gradient
    works, and stays, in the principal axes of the fixed side, where Y^T Y is diagonal.
    """
    if solver == "exact":
        return exact(side, fixed, products.gram(fixed, threads), threads), fixed
    values, axes = np.linalg.eigh(products.gram(fixed, threads))
    turn = axes.astype(np.float32)
    free, fixed = product(free, turn, threads), product(fixed, turn, threads)
    return conjugate_gradient(side, free, fixed, values, cg_steps, threads), fixed


def conjugate_gradient(
    side: Side,
    start: Vectors,
    fixed: Vectors,
    squares: npt.NDArray[np.float64],
    steps: int,
    threads: int = 1,
) -> Vectors:
    """Vectors [rows, factors] some steps of preconditioned conjugate gradient on from `start`.

    The columns of `fixed` are orthogonal to each other, with the sums of squares `squares`.
    """
    result = start.copy()
    spectrum = (side.unobserved * np.maximum(squares, 0)).astype(np.float32)
    given = (side.indptr, side.columns, side.quadratic, fixed, result, spectrum, side.penalty)
    step = partial(als_solvers.conjugate_gradient, *given, side.base, steps)
    parallel(lambda task: step(*task), side.tasks(), threads)
    return result


def exact(side: Side, fixed: Vectors, gram: Gram, threads: int = 1) -> Vectors:
    """Vectors [rows, factors] that minimize the objective while the other side is fixed.

    Raises RecliError (data) where the fixed vectors are too large for that.
    """
    result = np.empty((len(side.penalty), fixed.shape[1]), np.float32)
    dense = side.unobserved * gram
    given = (side.indptr, side.columns, side.quadratic, fixed, result, dense, side.penalty)
    solve = partial(als_solvers.cholesky, *given, side.base)
    with products.solvable():
        parallel(lambda task: solve(*task), side.tasks(), threads)
    return result


def fold_in(
    history: sparse.csr_array,
    items: Vectors,
    objective: FoldIn,
    gram: Gram | None = None,
    threads: int = 1,
) -> Vectors:
    """Vectors of users unseen in training, [rows, factors] from weights [rows, items].

    A row without an entry gets the zero vector. `gram`, see `item_gram`, saves its computation
    when many blocks of users are folded in.
    """
    with one_blas_thread():
        dense = products.gram(items, threads) if gram is None else gram
        return exact(Side.of(history, objective), items, dense, threads)


def item_gram(items: Vectors, threads: int = 1) -> Gram:
    """Y^T Y of the item vectors, float64 [factors, factors]."""
    with one_blas_thread():
        return products.gram(items, threads)


def loss(by_user: Side, by_item: Side, users: Vectors, items: Vectors, threads: int = 1) -> float:
    """The objective in float64, empty rows (which are zero vectors) included."""
    given = (by_user.indptr, by_user.columns, by_user.quadratic, items, users, by_user.base)
    observed = parallel(
        lambda task: float(als_solvers.observed_loss(*given, *task)), by_user.tasks(), threads
    )
    grams = products.gram(users, threads) * products.gram(items, threads)
    penalties = (
        float(side.penalty @ np.einsum("rf,rf->r", vectors, vectors, dtype=np.float64))
        for side, vectors in ((by_user, users), (by_item, items))
    )
    return sum(observed) + by_user.unobserved * float(grams.sum()) + sum(penalties)
