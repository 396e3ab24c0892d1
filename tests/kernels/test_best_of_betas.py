"""How likely an arm is to be the best, against draws and against a slow quadrature."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import beta

from recli.kernels.best_of_betas import chances

Doubles = npt.NDArray[np.float64]
RNG = np.random.default_rng(5)
CASES = {
    "prior alone": ([1.0] * 4, [1.0] * 4),
    "wide beside narrow": ([1, 3, 50, 1000, 1e6], [1, 3, 60, 1100, 1.05e6]),
    "narrow and close": ([3.0e4, 3.01e4, 2.99e4, 1, 5], [1e6, 1e6, 1e6, 30, 100]),
    "ten million showings": ([1e7, 1e7 + 2000, 1e7 - 3000, 2], [2e8, 2e8, 2e8, 30]),
    "less than one of each": ([0.1, 0.1, 0.5, 1.0], [0.1, 3.0, 0.5, 10.0]),
    "one that is surely better": ([1e5, 1, 1], [1, 1e5, 1]),
    "fifty arms": (RNG.integers(1, 50, 50).tolist(), RNG.integers(50, 2000, 50).tolist()),
    "one arm": ([2.0], [3.0]),
}


def found(a: list[float], b: list[float]) -> Doubles:
    return chances(np.array([0, len(a)]), np.array(a, float), np.array(b, float))


def slow(a: list[float], b: list[float]) -> Doubles:
    """The integral of f_i times all other F over the quantiles of all arms together."""
    tail = np.geomspace(1e-12, 0.5, 500)
    levels = np.concatenate([tail, 1 - tail])
    grid = np.unique([beta.ppf(levels, *arm) for arm in zip(a, b, strict=True)])
    below = np.array([beta.cdf(grid, *arm) for arm in zip(a, b, strict=True)])
    parts = []
    for arm in range(len(a)):
        others = np.prod(np.delete(below, arm, 0), axis=0)
        parts.append((np.diff(below[arm]) * (others[1:] + others[:-1]) / 2).sum())
    return np.array(parts)


@pytest.mark.parametrize("case", CASES)
def test_chances_are_those_of_a_slow_quadrature(case: str) -> None:
    a, b = CASES[case]
    assert found(a, b) == pytest.approx(slow(a, b), abs=1e-4)
    assert found(a, b).sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("case", ["wide beside narrow", "narrow and close"])
def test_chances_are_how_often_an_arm_draws_the_largest(case: str) -> None:
    a, b = CASES[case]
    wins = np.zeros(len(a))
    for seed in range(15):
        draws = np.random.default_rng(seed).beta(a, b, (200_000, len(a)))
        wins += np.bincount(draws.argmax(axis=1), minlength=len(a))
    assert found(a, b) == pytest.approx(wins / 3_000_000, abs=1e-3)


def test_runs_do_not_touch_each_other() -> None:
    one, other = CASES["wide beside narrow"], CASES["fifty arms"]
    a, b = (np.array([*one[at], *other[at]], float) for at in (0, 1))
    whole = chances(np.array([0, 5, 55]), a, b)
    assert whole.tolist() == [*found(*one), *found(*other)]
