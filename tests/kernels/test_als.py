"""Alternating least squares against a dense, obvious version of the objective."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels import als
from recli.kernels.als import Side
from recli.kernels.matrix import Training
from recli.kernels.shapes import FoldIn
from recli.models.als import Als

Dense = npt.NDArray[np.float64]
UNOBSERVED = FoldIn(regularization=0.02, nu=0.7, unobserved_weight=0.15)
CONFIDENCE = FoldIn(regularization=0.05, nu=0.4, alpha=3.0)
OBJECTIVES = pytest.mark.parametrize("objective", [UNOBSERVED, CONFIDENCE], ids=["a0", "alpha"])
SOLVERS = pytest.mark.parametrize("solver", ["cg", "exact"])


def log(users: int, items: int, share: float = 0.2, seed: int = 3) -> sparse.csr_array:
    """Random weights, a first item that nearly everybody has, an empty row and column."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(1, 5, (users, items)) * (draw.random((users, items)) < share)
    weights[: users - 2, 0] = 1
    weights[5] = 0
    weights[:, 7] = 0
    return sparse.csr_array(weights.astype(np.float32))


def terms(weights: Dense, objective: FoldIn) -> tuple[Dense, Dense, Dense, Dense]:
    """Weight and target of every cell, penalty of every row and column, as in the papers."""
    seen = weights > 0
    if objective.alpha is None:
        a0 = float(objective.unobserved_weight or 0)
        # w (s-1)^2 + a0 s^2 is (w + a0) (s - w/(w + a0))^2 and a constant.
        weight, target = weights + a0, weights / (weights + a0)
    else:
        a0, weight, target = 1.0, 1 + objective.alpha * weights, seen.astype(float)
    rows = objective.regularization * (seen.sum(1) + a0 * weights.shape[1]) ** objective.nu
    columns = objective.regularization * (seen.sum(0) + a0 * weights.shape[0]) ** objective.nu
    return weight, target, rows, columns


def dense_loss(weights: Dense, objective: FoldIn, users: Dense, items: Dense) -> float:
    """The objective cell by cell, as golden.md and the papers write it."""
    seen, scores = weights > 0, users @ items.T
    _, _, rows, columns = terms(weights, objective)
    if objective.alpha is None:
        fit = weights * (scores - 1) ** 2 + float(objective.unobserved_weight or 0) * scores**2
    else:
        fit = np.where(seen, (1 + objective.alpha * weights) * (scores - 1) ** 2, scores**2)
    penalty = rows @ (users**2).sum(1) + columns @ (items**2).sum(1)
    return float(fit.sum() + penalty)


def solved(weights: Dense, objective: FoldIn, items: Dense) -> Dense:
    """Each user's weighted least squares by numpy, one user after the other."""
    weight, target, rows, _ = terms(weights, objective)
    result = np.zeros((len(weights), items.shape[1]))
    for user in np.flatnonzero((weights > 0).any(1)):
        left = items.T @ (weight[user][:, None] * items) + rows[user] * np.eye(items.shape[1])
        result[user] = np.linalg.solve(left, items.T @ (weight[user] * target[user]))
    return result


def vectors(rows: int, factors: int, seed: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.5, (rows, factors)).astype(np.float32)


def test_confidence_of_hu_is_one_plus_forty_r() -> None:
    side = Side.of(sparse.csr_array(np.float32([[3, 1, 0]])), FoldIn(0.1, alpha=40.0))
    assert (side.base + side.quadratic).tolist() == [121, 41]
    assert side.unobserved == 1


@OBJECTIVES
@pytest.mark.parametrize("factors", [1, 6, 37])
def test_exact_solver_is_weighted_least_squares_of_each_row(
    objective: FoldIn, factors: int
) -> None:
    matrix, items = log(60, 300, 0.9), vectors(300, factors, 1)
    gram = als.item_gram(items)
    ours = als.exact(Side.of(matrix, objective), items, gram)
    np.testing.assert_allclose(ours, solved(matrix.toarray(), objective, items), atol=2e-5)


@OBJECTIVES
def test_conjugate_gradient_comes_to_the_exact_solution(objective: FoldIn) -> None:
    matrix, items = log(80, 50), vectors(50, 12, 2)
    squares, axes = np.linalg.eigh(als.item_gram(items))
    turned = (items @ axes).astype(np.float32)
    side = Side.of(matrix, objective)
    want = solved(matrix.toarray(), objective, turned)
    apart = [
        np.abs(als.conjugate_gradient(side, vectors(80, 12, 5), turned, squares, steps) - want)
        for steps in (1, 3, 25)
    ]
    assert apart[0].max() > apart[1].max() > apart[2].max()
    assert apart[2].max() < 1e-4


@OBJECTIVES
@SOLVERS
def test_reported_loss_is_the_dense_loss_and_never_rises(
    objective: FoldIn, solver: als.Solver
) -> None:
    matrix, reports = log(70, 40), {}
    for sweeps in (1, 2, 6):
        users, items = als.fit(
            matrix,
            objective,
            factors=8,
            iterations=sweeps,
            solver=solver,
            report=reports.__setitem__,
        )
        want = dense_loss(matrix.toarray(), objective, users.astype(float), items.astype(float))
        assert reports[sweeps] == pytest.approx(want, rel=1e-5)
    losses = [reports[sweep] for sweep in sorted(reports)]
    assert all(after <= before * (1 + 1e-6) for before, after in pairwise(losses))
    assert losses[-1] < losses[0] * 0.98


@OBJECTIVES
@SOLVERS
def test_gradient_is_zero_after_many_sweeps(objective: FoldIn, solver: als.Solver) -> None:
    matrix = log(40, 30)
    users, items = als.fit(matrix, objective, factors=4, iterations=400, solver=solver, cg_steps=5)
    weight, target, rows, columns = terms(matrix.toarray(), objective)
    error = weight * (users.astype(float) @ items.T - target)
    for gradient in (
        error @ items + rows[:, None] * users,
        error.T @ users + columns[:, None] * items,
    ):
        assert np.abs(gradient).max() < 5e-3


@SOLVERS
@pytest.mark.parametrize("factors", [5, 64])
def test_any_number_of_threads_gives_the_same_bits(solver: als.Solver, factors: int) -> None:
    matrix = log(5000, 90, 0.1)  # more rows than a block of the dense products holds

    def fitted(threads: int) -> list[bytes]:
        both = als.fit(
            matrix, UNOBSERVED, factors=factors, iterations=2, solver=solver, threads=threads
        )
        return [each.tobytes() for each in both]

    assert fitted(1) == fitted(2) == fitted(3)


@SOLVERS
def test_users_and_items_without_entries_get_the_zero_vector(solver: als.Solver) -> None:
    users, items = als.fit(log(30, 20), CONFIDENCE, factors=4, iterations=2, solver=solver)
    assert not users[5].any()
    assert not items[7].any()
    assert users[4].any()


@OBJECTIVES
@SOLVERS
def test_folded_in_history_gives_the_vector_that_training_gave(
    objective: FoldIn, solver: als.Solver
) -> None:
    matrix = log(50, 30)
    users, items = als.fit(matrix, objective, factors=4, iterations=400, solver=solver, cg_steps=5)
    some = matrix[[3, 5, 11]]
    ours = als.fold_in(some, items, objective, als.item_gram(items), threads=2)
    np.testing.assert_allclose(ours, users[[3, 5, 11]], atol=1e-3)
    assert np.array_equal(ours, als.fold_in(some, items, objective))


def test_vectors_too_large_to_fold_in_with_are_a_fault_of_the_model() -> None:
    history = sparse.csr_array(np.ones((1, 3), np.float32))
    items = np.random.default_rng(0).normal(0, 1e12, (3, 8)).astype(np.float32)
    with pytest.raises(RecliError, match="too large to fold a history in"):
        als.fold_in(history, items, FoldIn(regularization=0.1))


def test_long_rows_are_solved_like_short_ones() -> None:
    # One item of 20,000 users passes the cache limit and the block of the exact solver.
    matrix = log(20_000, 12, 0.05)
    one, two = (
        als.fit(matrix, UNOBSERVED, factors=8, iterations=3, solver=solver, cg_steps=12)
        for solver in ("cg", "exact")
    )
    np.testing.assert_allclose(one[0] @ one[1].T, two[0] @ two[1].T, atol=1e-3)


def checkerboard(size: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Pairs of equal parity but the diagonal: each user's own number is held back."""
    rows, columns = np.indices((size, size)).reshape(2, -1)
    kept = ((rows + columns) % 2 == 0) & (rows != columns)
    return rows[kept].astype(np.int32), columns[kept].astype(np.int32)


@pytest.mark.parametrize(
    "model",
    [
        Als(factors=6),
        Als(factors=6, solver="exact"),
        Als(factors=4, alpha=40.0),
        Als(factors=6, unobserved_weight=0.3, nu=0.0, regularization=1.0),
    ],
)
def test_finds_the_item_that_was_held_back(model: Als) -> None:
    rows, columns = checkerboard(20)
    ids = pl.Series([f"{number:02}" for number in range(20)])
    lines: list[str] = []
    data = Training(ids, ids, rows, columns, np.ones(len(rows), np.float32), report=lines.append)
    factors = model.fit(data)
    scores = factors.users @ factors.items.T
    scores[rows, columns] = -np.inf
    assert scores.argmax(1).tolist() == list(range(20))
    assert [line.split(":")[0] for line in lines] == [f"sweep {n}" for n in range(1, 16)]


def test_two_confidence_forms_at_once_are_a_usage_error() -> None:
    with pytest.raises(RecliError, match="two forms of confidence") as caught:
        Als(alpha=1.0, unobserved_weight=0.1, factors=0)
    assert caught.value.code == ExitCode.USAGE
    assert "factors must be at least 1" in caught.value.what


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_are_not_positive_are_refused(weight: float) -> None:
    ids, number = pl.Series(["a", "b"]), np.arange(2, dtype=np.int32)
    data = Training(ids, ids, number, number, np.array([1, weight], np.float32))
    with pytest.raises(RecliError, match="1 pairs"):
        Als().fit(data)
