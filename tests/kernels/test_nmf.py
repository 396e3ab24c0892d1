"""Non-negative factors against slow versions and a log that is made of known parts."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse
from scipy.optimize import nnls

from recli.kernels import nmf
from recli.kernels.shapes import NonNegative

WAY = NonNegative(regularization=0.3, sweeps=2000)


def log(users: int = 90, items: int = 70, seed: int = 2) -> sparse.csr_array:
    """Ones to threes, a user and an item without any."""
    draw = np.random.default_rng(seed)
    cells = draw.integers(1, 4, (users, items)) * (draw.random((users, items)) < 0.2)
    cells[5], cells[:, 7] = 0, 0
    return sparse.csr_array(cells.astype(np.float32))


def vectors(rows: int, factors: int, seed: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).random((rows, factors), np.float32)


def dense_loss(matrix: sparse.csr_array, users: npt.NDArray, items: npt.NDArray) -> float:
    apart = matrix.toarray() - users.astype(np.float64) @ items.T
    return float((apart**2).sum() + WAY.regularization * ((users**2).sum() + (items**2).sum()))


def test_a_sweep_sets_every_entry_to_its_best_value_in_turn() -> None:
    matrix, before, items = log(), vectors(90, 5, 1), vectors(70, 5, 2)
    want = before.astype(np.float64)
    for row, seen in enumerate(matrix.toarray()):
        for factor in range(5):
            rest = seen - items @ want[row] + items[:, factor] * want[row, factor]
            width = items[:, factor] @ items[:, factor] + WAY.regularization
            want[row, factor] = max(0, items[:, factor] @ rest / width)
    found = nmf.improved(matrix, before, items, WAY.regularization, 1, threads=2)
    np.testing.assert_allclose(found, want, atol=1e-4)


def test_fold_in_is_non_negative_least_squares() -> None:
    matrix, items = log(), vectors(70, 6, 2)
    found = nmf.fold_in(matrix, items, WAY, threads=2)
    penalty = np.sqrt(WAY.regularization) * np.eye(6)
    left = np.vstack([items.astype(np.float64), penalty])
    want = [nnls(left, np.concatenate([seen, np.zeros(6)]))[0] for seen in matrix.toarray()]
    np.testing.assert_allclose(found, want, atol=1e-3)
    assert (found[5] == 0).all()


def test_the_reported_loss_is_the_dense_one_and_never_rises() -> None:
    matrix, reports = log(), {}
    nmf.fit(matrix, WAY, factors=8, iterations=12, report=reports.__setitem__)
    losses = [reports[sweep] for sweep in range(1, 13)]
    assert all(np.diff(losses) <= 1e-3)
    users, items = nmf.start(matrix, 8, 0, 1)
    for _ in range(2):
        users = nmf.improved(matrix, users, items, WAY.regularization, 1)
        items = nmf.improved(sparse.csr_array(matrix.T), items, users, WAY.regularization, 1)
    assert dense_loss(matrix, users, items) == pytest.approx(losses[1], rel=1e-5)


def test_finds_the_parts_of_which_a_log_is_made() -> None:
    parts = np.kron(np.eye(3), np.ones((1, 10)))
    amounts = vectors(60, 3, 4)
    amounts[:30] *= np.eye(3)[np.arange(30) % 3]  # who has one part only makes the parts unique
    matrix = sparse.csr_array((amounts @ parts).astype(np.float32))
    users, items = nmf.fit(matrix, NonNegative(1e-6), factors=3, iterations=100)
    np.testing.assert_allclose(users @ items.T, matrix.toarray(), atol=1e-3)
    unit = items / np.linalg.norm(items, axis=0)
    overlap = unit.T @ parts.T / np.sqrt(10)
    np.testing.assert_allclose(np.sort(overlap.ravel()), [0] * 6 + [1] * 3, atol=1e-2)


@pytest.mark.parametrize("factors", [1, 16, 120])
def test_nothing_is_negative_and_the_bits_do_not_depend_on_the_threads(factors: int) -> None:
    pairs = [nmf.fit(log(), WAY, factors=factors, iterations=3, threads=n) for n in (1, 2, 3)]
    for side in zip(*pairs, strict=True):
        assert side[0].tobytes() == side[1].tobytes() == side[2].tobytes()
        assert side[0].shape[1] == factors
        assert (side[0] >= 0).all()
        assert np.isfinite(side[0]).all()
