"""Lists whose users have a linear utility, and what a linear score makes of odd features."""

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.kernels.list_gain import ListGain
from recli.kernels.matrix import ignore
from recli.kernels.ranking import RankingData, held_out, never
from recli.kernels.softmax import Chosen, fit
from recli.kernels.standard import Standard
from recli.kernels.watch import Watch
from recli.rankers.linear import Linear

WORTH = np.array([0.05, 1.0, -0.6, 0.0, 0.3])  # of a unit of each feature
SPREAD = np.array([20.0, 1.0, 1.0, 1.0, 1.0])


def lists(users: int = 300, length: int = 20) -> RankingData:
    """One of each list is chosen, by chances in proportion to exp(its worth)."""
    draw = np.random.default_rng(3)
    rows = draw.normal(size=(users, length, len(WORTH))) * SPREAD
    top = np.argmax(rows @ WORTH + draw.gumbel(size=(users, length)), axis=1)[:, None]
    chosen = np.zeros((users, length), np.float32)
    np.put_along_axis(chosen, top, 1, axis=1)
    names = pl.Series([f"u{at}" for at in range(users)])
    features = rows.reshape(-1, len(WORTH)).astype(np.float32)
    sizes, moments = np.full(users, length), np.zeros(users, np.int64)
    return RankingData(tuple("abcde"), (), features, chosen.ravel(), sizes, names, moments)


def weights_of(ranker: Linear, data: RankingData) -> npt.NDArray[np.float64]:
    return np.array(json.loads(ranker.fit(data).files["weights.json"])["weights"])


def test_the_weights_are_those_of_the_utility() -> None:
    found = weights_of(Linear(l2=0, validation=0), lists(3000))
    assert found == pytest.approx(WORTH * SPREAD, abs=0.08)


def test_a_penalty_draws_the_weights_to_nothing() -> None:
    data = lists()
    sizes = [np.abs(weights_of(Linear(l2=l2), data)).sum() for l2 in (0.1, 30, 1000)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[2] < sizes[0] / 2


def test_the_loss_is_the_cross_entropy_of_each_list_by_weight() -> None:
    """The slope at the end is that of a loss written out row by row, by differences."""
    data = lists(40)
    draw = np.random.default_rng(5)
    relevance = data.relevance * 3 + (draw.random(len(data.relevance)) < 0.1)
    weights = np.repeat(draw.uniform(0.5, 2, 40), 20).astype(np.float32)
    stands = np.where(relevance > 0, 1, draw.integers(1, 9, len(relevance))).astype(np.float32)
    data = replace(data, relevance=relevance.astype(np.float32), weights=weights, stands=stands)
    chosen = Chosen.of(data)
    columns = np.ascontiguousarray(Standard.of(data).columns(data.features).T)

    def loss(found: npt.NDArray[np.float64]) -> float:
        scores = (columns @ found).reshape(40, 20)
        whole = np.log((np.exp(scores) * stands.reshape(40, 20)).sum(axis=1))
        gains = relevance.reshape(40, 20)
        lost = (gains * (whole[:, None] - scores)).sum(axis=1) / gains.sum(axis=1)
        heavy = weights.reshape(40, 20)[:, 0] / weights.mean()
        return float((heavy * lost).sum() + 2 / 2 * (found**2).sum())

    signs, watch = np.zeros(5, np.int64), Watch(200, 1, never, aside=False)
    found = fit(columns, chosen, signs, 2, watch, ignore)
    for at in range(5):
        step = np.eye(5)[at] * 1e-4
        assert loss(found + step) - loss(found - step) == pytest.approx(0, abs=1e-6)
        assert loss(found + 100 * step) > loss(found)
    two = fit(columns, chosen, signs, 2, Watch(200, 1, never, aside=False), ignore, threads=2)
    assert (two == found).all()


def test_it_orders_lists_kept_aside_better_than_any_feature_alone() -> None:
    data = lists()
    learned = Linear().fit(data)
    aside = data.of_lists(held_out(data, 0.1, 0))
    gain = ListGain.of(aside)
    found = gain.mean(Linear().open(learned.files, 1)(aside.features))
    assert learned.facts["ndcg@10 of lists kept aside"] == pytest.approx(found, abs=1e-6)
    columns = aside.features.T.astype(np.float64)
    assert found > max(gain.mean(sign * one) for one in columns for sign in (1, -1)) + 0.05


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
