"""Chances from scores, held against chances that are known."""

import json

import numpy as np
import pytest

from recli.kernels.calibration import Calibration, Kind, error, fitted, reliability

KINDS: list[Kind] = ["platt", "isotonic"]


def rows(count: int = 40_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    scores = draw.normal(3, 2, count)
    chances = 1 / (1 + np.exp(-(0.7 * scores - 4)))
    return scores, draw.random(count) < chances, chances


@pytest.mark.parametrize("kind", KINDS)
def test_chances_are_those_that_the_rows_were_drawn_by(kind: Kind) -> None:
    scores, chosen, chances = rows()
    found = fitted(kind, scores, chosen, np.ones(len(scores)))(scores)
    assert np.abs(found - chances).mean() < 0.015
    assert (np.diff(found[np.argsort(scores)]) >= 0).all()
    assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_chances_never_fall_where_scores_rise(kind: Kind) -> None:
    scores, chosen, chances = rows()
    found = fitted(kind, -scores, chosen, np.ones(len(scores)))(np.sort(-scores))
    assert (np.diff(found) >= 0).all()
    assert found[len(found) // 2] == pytest.approx(chances.mean(), abs=0.015)


def test_platt_finds_the_slope_and_bias_of_a_sigmoid() -> None:
    scores, chosen, _ = rows()
    found = fitted("platt", scores, chosen, np.ones(len(scores)))
    assert found.slope == pytest.approx(0.7, abs=0.03)
    assert found.bias == pytest.approx(-4, abs=0.15)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_stand_for_more_give_the_chances_of_all(kind: Kind) -> None:
    scores, chosen, chances = rows(200_000)
    kept = chosen | (np.random.default_rng(1).random(len(scores)) < 0.1)
    weights = np.where(chosen, 1.0, 10.0)[kept]
    found = fitted(kind, scores[kept], chosen[kept], weights)(scores)
    assert np.abs(found - chances).mean() < 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_a_map_is_the_same_after_it_was_text(kind: Kind) -> None:
    scores, chosen, _ = rows(500)
    found = fitted(kind, scores, chosen, np.ones(500))
    again = Calibration.of(json.loads(json.dumps(found.record())))
    assert again(scores).tolist() == found(scores).tolist()


def test_the_reliability_table_and_its_error() -> None:
    chances = np.repeat([0.1, 0.6], 500)
    chosen = np.tile([True, False, False, False, False], 200)
    table = reliability(chances, chosen, np.ones(1000))
    assert [one["rows"] for one in table] == [100] * 10
    assert {one["chosen"] for one in table} == {0.2}
    assert error(table) == pytest.approx((0.1 + 0.4) / 2)
