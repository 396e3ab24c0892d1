"""Rankers blended into one: what each learned, and that weights mean the same for all."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.objectives import BLEND, Objectives
from recli.kernels.ranking import RankingData
from recli.rankers.gbdt import Gbdt
from recli.rankers.lambdamart import Lambdamart
from recli.rankers.linucb import Linucb
from recli.rankers.logistic import Logistic
from recli.stages import calibrate

EVENTS = ("click", "purchase")


def shop(users: int = 150) -> RankingData:
    """Clicks hang on the first feature, purchases on the second; half of the lists have any."""
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(users * 10, 2)).astype(np.float32)
    clicks = (rows[:, 0] > 0.8).astype(np.float32)
    purchases = 5 * (rows[:, 1] > 1).astype(np.float32)
    purchases[: 5 * users] = 0
    clicks[::10] = 1
    gains = np.stack([clicks, purchases], axis=1)
    names = pl.Series([f"u{at}" for at in range(users)])
    return RankingData(
        ("a", "b"), (), rows, gains.max(axis=1), np.full(users, 10), names,
        np.zeros(users, np.int64), objectives=gains,
    )  # fmt: skip


@pytest.mark.parametrize("ranker", [Lambdamart(trees=20, min_leaf=10), Logistic()])
def test_scores_are_those_of_each_by_weight_over_spread(ranker: Lambdamart | Logistic) -> None:
    data = shop()
    several = Objectives(ranker, EVENTS, (1.0, 3.0))
    learned = several.fit(data)
    grid = data.features[:200]
    expected = np.zeros(200)
    for at, weight in enumerate((1.0, 3.0)):
        assert data.objectives is not None
        alone = replace(data, relevance=data.objectives[:, at])
        chosen = alone.relevance.reshape(-1, 10) > 0
        alone = alone.of_lists(chosen.any(axis=1) & ~chosen.all(axis=1))
        files = ranker.fit(alone).files
        scale = json.loads(learned.files[BLEND])[at]["scale"]
        expected += weight * ranker.open(files, 1)(grid) / scale
        name = next(iter(files))
        assert learned.files[f"objective-{at + 1}-{name}"] == files[name]
    assert several.open(learned.files, 1)(grid) == pytest.approx(expected)
    adds = several.explain(learned.files, 1)(grid)
    assert adds.sum(axis=1) == pytest.approx(expected)
    assert {kind.rpartition(" of ")[2] for kind in learned.importances} == set(EVENTS)


def test_the_weights_say_how_far_scores_spread_whatever_the_units() -> None:
    """Log odds of a heavy class and of a light one are far apart; their shares are not."""
    data = shop()
    correlations = []
    for weights in ((1.0, 1e-6), (1e-6, 1.0), (1.0, 1.0)):
        several = Objectives(Gbdt(trees=30, min_leaf=10), EVENTS, weights)
        scores = several.open(several.fit(data).files, 1)(data.features)
        correlations.append([np.corrcoef(scores, column)[0, 1] for column in data.features.T])
    clicks, purchases, both = np.array(correlations)
    assert min(clicks[0], purchases[1]) > 0.6
    assert max(abs(clicks[1]), abs(purchases[0])) < 0.3
    assert abs(both[0] - both[1]) < 0.15


def test_how_unsure_it_is_is_what_alpha_of_it_adds_to_the_score() -> None:
    data = shop()
    learned = Objectives(Linucb(alpha=0.5), EVENTS, (1.0, 3.0)).fit(data)
    hopeful, plain = (Objectives(Linucb(alpha=alpha), EVENTS, (1.0, 3.0)) for alpha in (0.5, 0))
    unsure = hopeful.uncertain(learned.files, 1)(data.features)
    added = hopeful.open(learned.files, 1)(data.features)
    added -= plain.open(learned.files, 1)(data.features)
    assert unsure.min() > 0
    assert added == pytest.approx(0.5 * unsure, rel=1e-4)


def test_an_objective_that_nobody_chose_by_is_refused() -> None:
    data = shop()
    assert data.objectives is not None
    none = replace(data, objectives=data.objectives * np.array([1, 0], np.float32))
    with pytest.raises(RecliError, match="'purchase'"):
        Objectives(Logistic(), EVENTS, (1.0, 1.0)).fit(none)


def test_each_keeps_lists_aside_of_those_that_are_left_to_learn_from_by_calibration() -> None:
    several = Objectives(Logistic(validation=0.1), EVENTS, (1.0, 1.0))
    learned = calibrate.fit(several, shop(), "platt").learned
    aside = [learned.facts[f"lists kept aside of {event}"] for event in EVENTS]
    assert min(aside) > 0
