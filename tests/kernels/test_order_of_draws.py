"""Chances of places against draws, and against every order there is."""

from itertools import permutations

import numpy as np
import pytest

from recli.kernels.best_of_betas import chances
from recli.kernels.order_of_draws import of_betas, of_softmax


def test_places_of_betas_are_the_shares_of_ordered_draws() -> None:
    a = np.array([3.0, 40, 1, 7, 300, 2])
    b = np.array([90.0, 900, 1, 200, 9000, 300])
    found = of_betas(a, b, 4)
    order = np.argsort(-np.random.default_rng(3).beta(a, b, (400_000, 6)), axis=1)
    for place in range(4):
        shares = np.bincount(order[:, place], minlength=6) / len(order)
        assert found[place] == pytest.approx(shares, abs=0.004)
    assert found[0] == pytest.approx(chances(np.array([0, 6]), a, b), abs=1e-6)


def test_every_arm_stands_somewhere_in_a_list_of_all() -> None:
    rng = np.random.default_rng(1)
    found = of_betas(rng.uniform(1, 90, 9), rng.uniform(1, 9000, 9), 9)
    assert found.sum(axis=0) == pytest.approx(1, abs=1e-5)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-9)


def test_places_of_softmax_are_those_of_drawing_from_what_is_left() -> None:
    values = np.array([0.1, 0.5, 0.45, 0.0, -2.0])
    worth = np.exp(values / 0.2)
    slow = np.zeros((5, 5))
    for order in permutations(range(5)):
        left, chance = worth.sum(), 1.0
        for arm in order:
            chance *= worth[arm] / left
            left -= worth[arm]
        slow[np.arange(5), order] += chance
    assert of_softmax(values, 0.2, 5) == pytest.approx(slow, abs=1e-5)


def test_a_tiny_temperature_sorts() -> None:
    found = of_softmax(np.array([1.0, 5.0, 3.0]), 1e-12, 3)
    assert found == pytest.approx(np.eye(3)[[1, 2, 0]], abs=1e-6)


def test_places_beyond_the_arms_are_empty() -> None:
    assert of_betas(np.ones(2), np.ones(2), 3)[2].tolist() == [0, 0]
    assert of_softmax(np.zeros(0), 1.0, 2).shape == (2, 0)
