"""A linear blend on lists whose users have a linear utility, and what it makes of odd features."""

import json

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.kernels.list_gain import ListGain
from recli.kernels.ranking import RankingData, held_out
from recli.kernels.standard import Standard
from recli.rankers.linear import Linear

WORTH = np.array([0.05, 1.0, -0.6, 0.0, 0.3])  # of a unit of each feature
SPREAD = np.array([20.0, 1.0, 1.0, 1.0, 1.0])


def lists(users: int = 300, length: int = 20) -> RankingData:
    """The three of each list are chosen that are worth most to a user, by and large."""
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(users, length, len(WORTH))) * SPREAD
    top = np.argsort(-(rows @ WORTH + draw.gumbel(size=(users, length)) / 2), axis=1)[:, :3]
    chosen = np.zeros((users, length), np.float32)
    np.put_along_axis(chosen, top, 1, axis=1)
    names = pl.Series([f"u{at}" for at in range(users)])
    features = rows.reshape(-1, len(WORTH)).astype(np.float32)
    sizes, moments = np.full(users, length), np.zeros(users, np.int64)
    return RankingData(tuple("abcde"), (), features, chosen.ravel(), sizes, names, moments)


def weights_of(ranker: Linear, data: RankingData) -> npt.NDArray[np.float64]:
    return np.array(json.loads(ranker.fit(data).files["weights.json"])["weights"])


def test_the_weights_are_those_of_the_utility() -> None:
    found = weights_of(Linear(), lists())
    true = WORTH * SPREAD / np.abs(WORTH * SPREAD).sum()
    assert np.abs(found).sum() == pytest.approx(1)
    assert found == pytest.approx(true, abs=0.06)


def test_the_blend_orders_lists_kept_aside_better_than_any_feature_alone() -> None:
    data = lists()
    learned = Linear().fit(data)
    aside = data.of_lists(held_out(data, 0.1, 0))
    gain = ListGain.of(aside)
    found = gain.mean(Linear().open(learned.files, 1)(aside.features))
    assert learned.facts["ndcg@10 of lists kept aside"] == pytest.approx(found, abs=1e-6)
    columns = aside.features.T.astype(np.float64)
    assert found > max(gain.mean(sign * one) for one in columns for sign in (1, -1)) + 0.1


def test_a_feature_that_may_only_lower_the_score_has_no_positive_weight() -> None:
    data = lists()
    assert weights_of(Linear(), data)[1] > 0.2
    bound = weights_of(Linear(monotone="-b,+c"), data)
    assert bound[1] <= 0 <= bound[2]


def test_what_is_missing_is_the_mean_and_a_category_is_how_often_it_was_chosen() -> None:
    codes = np.repeat([0.0, 1.0, 2.0], 100)
    rows = np.stack([np.arange(300), codes], axis=1).astype(np.float32)
    chosen = (np.arange(300) % 100 < np.repeat([10, 50, 90], 100)).astype(np.float32)
    sizes, users = np.array([300]), pl.Series(["u"])
    data = RankingData(("a", "kind"), ("kind",), rows, chosen, sizes, users, np.zeros(1, np.int64))
    scale = Standard.of(data)
    columns = scale.columns(rows)
    assert columns.mean(axis=1) == pytest.approx(0, abs=1e-6)
    assert columns.std(axis=1) == pytest.approx(1, abs=1e-6)
    assert scale.shares[1] == pytest.approx([(hits + 20 * 0.5) / 120 for hits in (10, 50, 90)])
    strange = np.array([[np.nan, np.nan], [np.inf, 7], [149.5, -1]], np.float32)
    assert (scale.columns(strange) == 0).all()
    assert Standard.read(json.loads(json.dumps(scale.record()))) == scale
