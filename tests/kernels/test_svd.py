"""Truncated singular values against those of numpy in float64."""

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels import pure_svd, svd
from recli.kernels.matrix import training
from recli.models.pure_svd import PureSvd

SHAPES = [(300, 500), (500, 300), (30, 400), (400, 30)]


@pytest.fixture(autouse=True)
def small_logs_grow_a_basis_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svd, "DENSE", 100)
    monkeypatch.setattr(svd, "THIN", 16)
    monkeypatch.setattr(svd, "BROAD", 16)


def log(rows: int, columns: int, seed: int = 2) -> sparse.csr_array:
    """Three groups of rows with tastes of their own, noise, and a row and column without any."""
    draw = np.random.default_rng(seed)
    alike = np.arange(rows)[:, None] % 3 == np.arange(columns)[None] % 3
    cells = draw.random((rows, columns)) < np.where(alike, 0.12, 0.03)
    cells[5], cells[:, 7] = False, False
    return sparse.csr_array(cells.astype(np.float32))


@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_vectors_are_those_of_the_whole_decomposition(shape: tuple[int, int]) -> None:
    matrix = log(*shape)
    left, values, right = svd.truncated_svd(matrix, 25, threads=2)
    exact = np.linalg.svd(matrix.toarray().astype(np.float64), compute_uv=False)[:25]
    np.testing.assert_allclose(values, exact, rtol=1e-4)
    for vectors in (left, right):
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(25), atol=2e-5)
    np.testing.assert_allclose(matrix @ right, left * values, atol=5e-3 * values[0])
    np.testing.assert_allclose((matrix @ right - left * values)[:, :3], 0, atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_as_near_as_any_matrix_of_the_rank_can_be(shape: tuple[int, int]) -> None:
    """Eckart, Young: the squares left over are those of the other singular values."""
    dense = log(*shape).toarray().astype(np.float64)
    left, values, right = svd.truncated_svd(log(*shape), 10)
    least = (np.linalg.svd(dense, compute_uv=False)[10:] ** 2).sum()
    assert ((dense - left * values @ right.T) ** 2).sum() <= least * 1.0001


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_and_signs_do_not_depend_on_the_threads(shape: tuple[int, int]) -> None:
    first, *others = (
        [part.tobytes() for part in svd.truncated_svd(log(*shape), 12, 0, threads)]
        for threads in (1, 2, 3)
    )
    assert others == [first, first]
    right = svd.truncated_svd(log(*shape), 12)[2]
    assert (right[np.abs(right).argmax(axis=0), np.arange(12)] > 0).all()


@pytest.mark.parametrize("size", [40, 300])
def test_beyond_the_rank_there_is_nothing(size: int) -> None:
    cells = np.zeros((size, size + 3), np.float32)
    cells[:, :4] = np.random.default_rng(0).random((size, 4)) < 0.5
    left, values, right = svd.truncated_svd(sparse.csr_array(cells), 9)
    assert (values[:4] > 1).all()
    for part in (left, values, right):
        assert np.isfinite(part).all()
        assert np.abs(part[..., 4:]).max() == 0


def test_all_factors_there_are_give_the_matrix_back() -> None:
    matrix = log(30, 50)
    left, values, right = svd.truncated_svd(matrix, 30)
    np.testing.assert_allclose(left * values @ right.T, matrix.toarray(), atol=1e-5)
    with pytest.raises(ValueError, match="31 factors"):
        svd.truncated_svd(matrix, 31)


def test_scores_are_a_projection_of_the_scaled_log() -> None:
    matrix = log(60, 40)
    choices = {"user_exponent": 0.5, "item_exponent": 0.4, "spectral_exponent": 0.3}
    found = pure_svd.fit(matrix, factors=6, **choices)
    dense = matrix.toarray().astype(np.float64)
    users, items = (np.maximum(dense.sum(axis=axis), 1) for axis in (1, 0))
    scaled = dense / users[:, None] ** 0.5 / items**0.4
    _, values, right = np.linalg.svd(scaled, full_matrices=False)
    kept = right[:6].T
    wanted = dense / items**0.4 @ (kept * (values[:6] / values[0]) ** 0.3) @ kept.T * items**0.4
    np.testing.assert_allclose(found.users @ found.items.T, wanted, atol=1e-4)


def test_more_factors_than_users_are_refused() -> None:
    pairs = pl.DataFrame({"user_id": ["a", "b", "b"], "item_id": ["x", "x", "y"]})
    with pytest.raises(RecliError, match="--factors may be 2 at most") as refused:
        PureSvd(factors=3).fit(training(pairs))
    assert refused.value.code == ExitCode.USAGE
    learned: npt.NDArray[np.float32] = PureSvd(factors=2).fit(training(pairs)).items
    assert learned.shape == (2, 2)
