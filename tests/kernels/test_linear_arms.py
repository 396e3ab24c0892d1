"""The sums of a linear bandit: exact in any order, and the bound that they give."""

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.linear_arms import Linear, Sums, columns

Doubles = npt.NDArray[np.float64]


def rows(count: int, seed: int = 0) -> tuple[Doubles, Doubles]:
    rng = np.random.default_rng(seed)
    found = np.ones((4, count))
    found[:3] = rng.lognormal(0, 4, (3, count)) * rng.choice([-1, 1], (3, count))
    return found.clip(-1e5, 1e5), rng.normal(size=count)


def test_any_order_and_any_cut_give_the_same_bits() -> None:
    context, rewards = rows(5000)
    halves = []
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(5000)
        sums = Sums(4)
        for part in np.array_split(order, seed * 7 + 1):
            sums.add(context[:, part], rewards[part])
            again = Sums(4)
            again.restore(*sums.halves())
            sums = again
        halves.append(np.array(sums.halves()).tobytes())
    assert len(set(halves)) == 1


def test_sums_are_those_of_the_products() -> None:
    context, rewards = rows(3000)
    sums = Sums(4)
    sums.add(context, rewards)
    whole, rest = sums.halves()
    expected = context @ np.column_stack([context.T, rewards])
    size = np.abs(context) @ np.abs(np.column_stack([context.T, rewards]))
    assert (np.abs(whole - expected) <= 1e-12 * size).all()
    assert (np.abs(rest) <= np.abs(whole) * 2**-53).all()


@pytest.mark.parametrize("alpha", [0.0, 2.0])
def test_the_bound_is_that_of_ridge_regression_on_standardised_columns(alpha: float) -> None:
    rng = np.random.default_rng(3)
    context = np.vstack(
        [rng.normal(size=(2, 500)) * [[4.0], [0.1]] + [[3.0], [-2.0]], np.ones((1, 500))]
    )
    rewards = rng.random(500)
    state = Linear(("x", "y"), context @ context.T, context @ rewards)
    mean, spread = context[:2].mean(axis=1), context[:2].std(axis=1)
    own = np.array([[1.0, 5.0, -3.0], [0.0, -2.0, 1.0], [1.0, 1.0, 1.0]])

    def standard(values: Doubles) -> Doubles:
        return np.column_stack([(values[:2].T - mean) / spread, np.ones(values.shape[1])])

    past, asked = standard(context), standard(own)
    inverse = np.linalg.inv(past.T @ past + 0.5 * np.eye(3))
    width = np.sqrt(np.einsum("nd,de,ne->n", asked, inverse, asked))
    expected = asked @ inverse @ past.T @ rewards + alpha * width
    assert state.bound(own, alpha, 0.5) == pytest.approx(expected, rel=1e-9)


def test_the_unit_of_a_column_does_not_matter() -> None:
    context, rewards = rows(400)
    own, _ = rows(20, 1)
    unit = np.array([[1000.0], [0.01], [1.0], [1.0]])
    one = Linear(("x", "y", "z"), context @ context.T, context @ rewards)
    scaled = context * unit
    other = Linear(("x", "y", "z"), scaled @ scaled.T, scaled @ rewards)
    assert one.bound(own, 1, 1) == pytest.approx(other.bound(own * unit, 1, 1), rel=1e-6)


def test_columns_that_never_varied_give_finite_bounds() -> None:
    context = np.array([[2.0, 2.0], [0.0, 0.0], [1.0, 1.0]])
    state = Linear(("x", "zero"), context @ context.T, context @ np.ones(2))
    assert np.isfinite(state.bound(np.array([[5.0], [3.0], [1.0]]), 1, 1)).all()


def test_empty_values_count_as_0_and_truth_values_as_1() -> None:
    table = pl.DataFrame({"price": [1.5, None, float("nan")], "sale": [True, False, None]})
    assert columns(table, ("price", "sale")).tolist() == [[1.5, 0, 0], [1, 0, 0], [1, 1, 1]]


def test_a_column_of_huge_numbers_is_refused() -> None:
    with pytest.raises(RecliError, match="'time' holds 1e\\+12"):
        columns(pl.DataFrame({"time": [1e12]}), ("time",))
