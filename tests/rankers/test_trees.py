"""What all rankers of trees share: monotone features and lists kept aside."""

from dataclasses import replace

import numpy as np
import pytest

from recli.errors import RecliError
from recli.kernels.ranking import held_out
from recli.rankers.gbdt import Gbdt
from recli.rankers.linear import Linear
from recli.stages.weights import weighing_of
from tests.rankers.test_lambdamart import noise


def test_scores_never_fall_with_a_feature_that_may_only_raise_them() -> None:
    data = noise(300)
    grid = np.zeros((50, 3), np.float32)
    grid[:, 1] = np.linspace(-2, 2, 50)
    free = Gbdt(min_leaf=5, validation=0.0, trees=50)
    bound = Gbdt(min_leaf=5, validation=0.0, trees=50, monotone="+b,-c")
    wavy, rising = (one.open(one.fit(data).files, 1)(grid) for one in (free, bound))
    assert (np.diff(wavy) < 0).any()
    assert (np.diff(rising) >= 0).all()
    assert (np.diff(rising) > 0).any()


@pytest.mark.parametrize("monotone", ["b", "+z", "+b,c"])
def test_what_is_no_signed_feature_is_refused(monotone: str) -> None:
    with pytest.raises(RecliError, match="no feature with a sign"):
        Gbdt(monotone=monotone).fit(noise())


@pytest.mark.parametrize("plugin", [Gbdt, Linear])
def test_what_has_no_order_or_two_directions_is_refused(plugin: type[Gbdt | Linear]) -> None:
    data = noise()
    data.features[:, 1] = data.features[:, 1] > 0
    with pytest.raises(RecliError, match="no feature with a sign"):
        plugin(monotone="+b").fit(replace(data, categorical=("b",)))
    with pytest.raises(RecliError, match="both signs"):
        plugin(monotone="+b,-b").fit(data)


def test_a_positive_weight_lifts_all_scores() -> None:
    data, ranker = noise(), Gbdt(validation=0.0, trees=5)
    heavy = weighing_of([], "9").finished(data)
    scores = [ranker.open(ranker.fit(one).files, 1)(one.features) for one in (data, heavy)]
    assert scores[1].mean() > scores[0].mean() + 1


def test_the_latest_lists_are_kept_aside_where_they_have_moments() -> None:
    data = noise(100)
    data.moments[:] = np.random.default_rng(0).permutation(100)
    aside = held_out(data, 0.1, seed=0)
    assert sorted(data.moments[aside]) == list(range(90, 100))
    assert not held_out(data, 0.0, seed=0).any()


def test_no_lists_are_kept_aside_where_the_rest_would_weigh_nothing() -> None:
    data = noise(100)
    data.moments[:] = np.arange(100)
    latest = np.repeat(data.moments >= 95, data.sizes)
    assert not held_out(replace(data, weights=latest.astype(np.float32)), 0.1, seed=0).any()
    earlier = ~latest | (data.relevance <= 0)
    assert held_out(replace(data, weights=earlier.astype(np.float32)), 0.1, seed=0).sum() == 10
    assert not held_out(replace(data, weights=earlier.astype(np.float32)), 0.05, seed=0).any()
