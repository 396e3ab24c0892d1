"""The step is the gradient of the likelihood, its negatives are fair, and the seed decides all."""

import dataclasses

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels import lmf
from recli.kernels.lmf_ascent import Side, Step, ascend, gradient
from recli.kernels.matrix import Training
from recli.kernels.shapes import LogisticFoldIn
from recli.models.lmf import Lmf

Dense = npt.NDArray[np.float64]


def log(users: int, items: int, share: float = 0.2) -> sparse.csr_array:
    draw = np.random.default_rng(3)
    weights = draw.integers(1, 4, (users, items)) * (draw.random((users, items)) < share)
    weights[:, 0] = 1
    return sparse.csr_array(weights.astype(np.float32))


def way_of(matrix: sparse.csr_array, negatives: float = 3, **choices: float) -> LogisticFoldIn:
    counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
    way = LogisticFoldIn(1.5, 0.3, 0.1, negatives, 20, lmf.shares(counts, 0.5))
    return dataclasses.replace(way, **choices)


def terms(matrix: sparse.csr_array, way: LogisticFoldIn) -> tuple[Dense, Dense]:
    """What every cell weighs as one that was taken, and as one that was not."""
    taken = way.alpha * matrix.toarray().astype(float)
    each = np.diff(matrix.indptr)[:, None] * way.shares.astype(float)
    return taken, way.negatives * each


def objective(matrix: sparse.csr_array, way: LogisticFoldIn, users: Dense, items: Dense) -> float:
    """The likelihood over all cells without its penalty, as the kernel's docstring writes it."""
    taken, left = terms(matrix, way)
    scores = users @ items.T
    return float(-(taken * np.logaddexp(0, -scores) + left * np.logaddexp(0, scores)).sum())


def slopes(side: Side, vectors: Dense, fixed: Dense) -> tuple[Dense, float]:
    """Gradients of all rows by the kernel, and the likelihood."""
    x, y = vectors.astype(np.float32), fixed.astype(np.float32)
    result, slope, total = np.zeros_like(vectors), np.empty(x.shape[1], np.float32), 0.0
    for row in range(len(x)):
        total += gradient(row, x[row], y, side, np.uint64(row), slope)
        result[row] = slope
    return result, total


def test_gradients_of_both_sides_come_to_those_of_one_likelihood() -> None:
    matrix = log(6, 5, 0.4)
    draw = np.random.default_rng(1)
    users, items = draw.normal(0, 0.7, (6, 3)), draw.normal(0, 0.7, (5, 3))
    way = way_of(matrix, negatives=20_000)  # so many that what is drawn is what is expected
    nudge, scale = 1e-5, way.negatives * matrix.nnz
    for which, side in enumerate((lmf.user_side(matrix, way), lmf.item_side(matrix, way))):
        free, fixed = ((users, items), (items, users))[which]
        found, likelihood = slopes(side, free, fixed)
        want = np.empty_like(free)
        for place in np.ndindex(free.shape):
            change = np.zeros_like(free)
            change[place] = nudge
            ends = [
                objective(matrix, way, *((moved, items), (users, moved))[which])
                for moved in (free + change, free - change)
            ]
            want[place] = (ends[0] - ends[1]) / (2 * nudge)
        np.testing.assert_allclose(found / scale, want / scale, atol=2e-3)
        assert likelihood / scale == pytest.approx(
            objective(matrix, way, users, items) / scale, abs=2e-3
        )


def test_a_step_is_adagrad_and_leaves_the_coordinate_of_the_bias_alone() -> None:
    matrix = sparse.csr_array(np.float32([[2.0]]))
    way = way_of(matrix, negatives=2)
    x, y = np.float32([[0.5, -0.2, 1.0]]), np.float32([[0.3, 1.0, 0.4]])
    before, squares, wide = x.astype(float), np.float32([[0.1, 0.2, 0.0]]), y.astype(float)
    past = squares.astype(float)
    step = Step(np.float32(0.1), np.float32(0.3), lmf.USER)
    side = lmf.user_side(matrix, way)
    tally = np.zeros(1)
    ascend(side, x, y, squares, np.zeros(1, np.uint64), step, tally, 0, 1)
    # There is one item: it is taken with weight 1.5 * 2, and left with weight 2 * 1.
    chance = 1 / (1 + np.exp(-(before @ wide.T)))
    slope = (3 * (1 - chance) - 2 * chance) * wide - 0.3 * before
    want = before + 0.1 * slope / (1e-3 + np.sqrt(past + slope**2))
    np.testing.assert_allclose(x[0, :2], want[0, :2], rtol=1e-5)
    assert x[0, 2] == 1


def test_shares_follow_a_power_of_popularity() -> None:
    np.testing.assert_allclose(
        lmf.shares(np.array([9, 4, 1, 0]), 0.5), np.array([3, 2, 1, 0]) / 6, rtol=1e-6
    )


def test_items_that_nobody_took_are_never_drawn() -> None:
    matrix = sparse.csr_array(np.float32([[1, 0, 0], [1, 0, 1]]))
    way = way_of(matrix, negatives=500)
    fixed = np.float32([[0, 0], [np.nan, np.nan], [0, 0]])
    found, _ = slopes(lmf.user_side(matrix, way), np.zeros((2, 2)), fixed)
    assert np.isfinite(found).all()


def test_the_likelihood_rises() -> None:
    matrix = log(80, 30)
    values = []
    for sweeps in (1, 10, 60):
        way = way_of(matrix, iterations=sweeps)
        users, items = lmf.fit(matrix, way, factors=4, seed=0, threads=2, report=str)
        values.append(objective(matrix, way, users.astype(float), items.astype(float)))
    assert values[0] < values[1] < values[2]


def test_any_number_of_threads_gives_the_same_bits() -> None:
    matrix = log(900, 40, 0.1)

    def fitted(threads: int) -> list[bytes]:
        way = way_of(matrix, iterations=3)
        both = lmf.fit(matrix, way, factors=5, seed=1, threads=threads, report=str)
        return [each.tobytes() for each in both]

    assert fitted(1) == fitted(2) == fitted(5)


def test_a_folded_in_vector_depends_on_nobody_else() -> None:
    matrix = log(50, 30)
    way = way_of(matrix)
    _, items = lmf.fit(matrix, way, factors=4, seed=0, threads=1, report=str)
    together = lmf.fold_in(matrix, items, way, threads=2)
    alone = lmf.fold_in(matrix[[17]], items, way)
    assert np.array_equal(together[17], alone[0])


def test_folded_in_histories_are_as_likely_as_in_training() -> None:
    matrix = log(200, 30)
    way = way_of(matrix, iterations=60)
    users, items = lmf.fit(matrix, way, factors=4, seed=0, threads=1, report=str)
    trained, folded = (
        objective(matrix, way, vectors.astype(float), items.astype(float))
        for vectors in (users, lmf.fold_in(matrix, items, way))
    )
    assert folded > trained * 1.02  # likelihoods are negative


def data_of(weights: list[float]) -> Training:
    ids, number = pl.Series(["a", "b"]), np.arange(2, dtype=np.int32)
    return Training(ids, ids, number, number, np.array(weights, np.float32))


def test_vectors_that_grow_beyond_all_bounds_are_a_usage_error() -> None:
    with pytest.raises(RecliError, match="beyond all bounds") as caught:
        Lmf(learning_rate=1e38, regularization=0.0, factors=4).fit(data_of([1, 1]))
    assert caught.value.code == ExitCode.USAGE


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_are_not_positive_are_refused(weight: float) -> None:
    with pytest.raises(RecliError, match="1 pairs"):
        Lmf().fit(data_of([1, weight]))
