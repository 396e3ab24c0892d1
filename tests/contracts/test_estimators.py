"""What every off-policy estimator must do."""

import numpy as np
import pytest

from recli import registry
from recli.kernels.estimator import Estimator, Rows

NAMES = registry.names("estimators")


def made(name: str) -> Estimator:
    plugin: Estimator = registry.load("estimators", name)()
    return plugin


def rows(chance: np.ndarray, propensity: np.ndarray, reward: np.ndarray) -> Rows:
    expected = np.full(len(reward), reward.mean())
    return Rows(reward, chance, chance / propensity, expected, expected, len(reward))


def test_there_are_estimators() -> None:
    known = {"replay", "ips", "clipped-ips", "snips", "dm", "dr", "switch-dr"}
    assert known <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_value_of_what_was_shown_is_what_it_earned(name: str) -> None:
    reward = np.random.default_rng(1).integers(0, 2, 400).astype(float)
    chance = np.full(400, 0.25)
    terms = made(name).terms(rows(chance, chance, reward))
    assert terms.top.shape == terms.bottom.shape == (400,)
    assert terms.top.sum() / terms.bottom.sum() == pytest.approx(reward.mean())


@pytest.mark.parametrize("name", NAMES)
def test_what_needs_no_propensity_reads_no_weight(name: str) -> None:
    reward, chance = np.array([0.0, 1.0]), np.array([0.5, 1.0])
    found = made(name).terms(rows(chance, np.full(2, np.nan), reward))
    assert np.isfinite(found.top).all() or made(name).NEEDS_PROPENSITY


@pytest.mark.parametrize("name", NAMES)
def test_what_goes_by_a_model_says_how_far(name: str) -> None:
    reward, chance = np.array([0.0, 1.0]), np.array([0.5, 1.0])
    terms = made(name).terms(rows(chance, chance, reward))
    assert (terms.mended is not None) == made(name).NEEDS_MODEL


@pytest.mark.parametrize("name", NAMES)
def test_no_rows_have_no_terms(name: str) -> None:
    nothing = np.zeros(0)
    terms = made(name).terms(Rows(nothing, nothing, nothing, nothing, nothing, 0))
    assert not len(terms.top)
