"""Popularity-weighted least squares against a dense, obvious version of the objective."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from recli.kernels import als, wmf
from recli.kernels.shapes import FoldIn, WeightedFoldIn

Dense = npt.NDArray[np.float64]


def log(users: int, items: int, share: float = 0.2, seed: int = 3) -> sparse.csr_array:
    """Random weights, a first item that nearly everybody has, an empty row and column."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(1, 5, (users, items)) * (draw.random((users, items)) < share)
    weights[: users - 2, 0] = 1
    weights[5] = 0
    weights[:, 7] = 0
    return sparse.csr_array(weights.astype(np.float32))


def objective(matrix: sparse.csr_array, exponent: float = 0.6) -> WeightedFoldIn:
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    return WeightedFoldIn(0.02, wmf.item_weights(counts, 5.0, exponent), nu=0.7)


def penalties(seen: npt.NDArray[np.bool_], way: WeightedFoldIn) -> tuple[Dense, Dense]:
    """Penalty of every row and column."""
    rows = way.regularization * (seen.sum(1) + way.weights.sum()) ** way.nu
    columns = way.regularization * (seen.sum(0) + way.weights * seen.shape[0]) ** way.nu
    return rows, columns


def dense_loss(weights: Dense, way: WeightedFoldIn, users: Dense, items: Dense) -> float:
    """The objective cell by cell."""
    scores = users @ items.T
    rows, columns = penalties(weights > 0, way)
    fit = weights * (scores - 1) ** 2 + way.weights * scores**2
    return float(fit.sum() + rows @ (users**2).sum(1) + columns @ (items**2).sum(1))


def vectors(rows: int, factors: int, seed: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.5, (rows, factors)).astype(np.float32)


def test_weights_are_shared_out_by_a_power_of_popularity() -> None:
    # He et al. 2016, equation 8: 9 : 4 : 1 to the power of a half is 3 : 2 : 1, of 12 in all.
    counts = np.array([9, 4, 1, 0])
    np.testing.assert_allclose(wmf.item_weights(counts, 12.0, 0.5), [6, 4, 2, 0], rtol=1e-6)
    np.testing.assert_allclose(wmf.item_weights(counts, 12.0, 0.0), [4, 4, 4, 0], rtol=1e-6)
    np.testing.assert_allclose(wmf.item_weights(counts, 14.0, 1.0), [9, 4, 1, 0], rtol=1e-6)


def test_folding_in_is_weighted_least_squares_of_each_user() -> None:
    matrix, items = log(60, 50), vectors(50, 6, 1)
    way = objective(matrix)
    weights, wide = matrix.toarray().astype(float), items.astype(float)
    rows, _ = penalties(weights > 0, way)
    want = np.zeros((60, 6))
    for user in np.flatnonzero((weights > 0).any(1)):
        weight = weights[user] + way.weights
        left = wide.T @ (weight[:, None] * wide) + rows[user] * np.eye(6)
        want[user] = np.linalg.solve(left, wide.T @ weights[user])
    np.testing.assert_allclose(wmf.fold_in(matrix, items, way, threads=2), want, atol=2e-5)


def test_reported_loss_is_the_dense_loss_and_never_rises() -> None:
    matrix, reports = log(70, 40), {}
    way = objective(matrix)
    for sweeps in (1, 2, 6):
        users, items = wmf.fit(
            matrix, way, factors=8, iterations=sweeps, report=reports.__setitem__
        )
        want = dense_loss(matrix.toarray(), way, users.astype(float), items.astype(float))
        assert reports[sweeps] == pytest.approx(want, rel=1e-5)
    losses = [reports[sweep] for sweep in sorted(reports)]
    assert all(after <= before * (1 + 1e-6) for before, after in pairwise(losses))
    assert losses[-1] < losses[0] * 0.98


@pytest.mark.parametrize("exponent", [0.5, 1.0])
def test_gradient_is_zero_after_many_sweeps(exponent: float) -> None:
    matrix = log(40, 30)
    way = objective(matrix, exponent)
    users, items = wmf.fit(matrix, way, factors=4, iterations=400, cg_steps=5)
    weights = matrix.toarray().astype(float)
    scores = users.astype(float) @ items.T
    rows, columns = penalties(weights > 0, way)
    error = weights * (scores - 1) + way.weights * scores
    assert np.abs(error @ items + rows[:, None] * users).max() < 5e-3
    assert np.abs(error.T @ users + columns[:, None] * items).max() < 5e-3


def test_with_one_weight_for_all_items_it_is_als() -> None:
    matrix = log(60, 40)
    same = WeightedFoldIn(0.02, np.full(40, 0.15, np.float32), nu=0.7)
    ours = wmf.fit(matrix, same, factors=5, iterations=300)
    plain = FoldIn(0.02, nu=0.7, unobserved_weight=0.15)
    theirs = als.fit(matrix, plain, factors=5, iterations=300)
    np.testing.assert_allclose(ours[0] @ ours[1].T, theirs[0] @ theirs[1].T, atol=2e-3)


def test_any_number_of_threads_gives_the_same_bits() -> None:
    matrix = log(5000, 90, 0.1)  # more rows than a block of the dense products holds

    def fitted(threads: int) -> list[bytes]:
        both = wmf.fit(matrix, objective(matrix), factors=9, iterations=2, threads=threads)
        return [each.tobytes() for each in both]

    assert fitted(1) == fitted(2) == fitted(3)


def test_users_and_items_without_entries_get_the_zero_vector() -> None:
    matrix = log(30, 20)
    users, items = wmf.fit(matrix, objective(matrix), factors=4, iterations=2)
    assert not users[5].any()
    assert not items[7].any()
    assert users[4].any()
    assert np.isfinite(users).all()
    assert np.isfinite(items).all()
