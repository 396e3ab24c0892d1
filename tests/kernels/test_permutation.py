"""What is lost without a feature, where it is known how much that is."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from recli.kernels import permutation
from recli.kernels.ranking import RankingData, Scores

LENGTH = 6


def lists(count: int) -> RankingData:
    """One of six is chosen: that with the highest of the first feature."""
    draw = np.random.default_rng(0)
    features = draw.normal(size=(count * LENGTH, 3)).astype(np.float32)
    features[:, 2] = 7
    chosen = np.zeros((count, LENGTH), np.float32)
    chosen[np.arange(count), features[:, 0].reshape(count, LENGTH).argmax(axis=1)] = 1
    users = pl.Series([f"u{at}" for at in range(count)])
    moments, sizes = np.zeros(count, np.int64), np.full(count, LENGTH)
    return RankingData(("a", "b", "c"), (), features, chosen.ravel(), sizes, users, moments)


def first(features: np.ndarray) -> Scores:  # type: ignore[type-arg]
    return features[:, 0].astype(np.float64)


def test_without_the_only_feature_the_order_is_one_of_chance() -> None:
    data = lists(1500)
    before = data.features.copy()
    lost = permutation.importances(first, data, seed=0)
    by_chance = np.mean(1 / np.log2(np.arange(2, LENGTH + 2)))
    assert lost["a"] == pytest.approx(1 - by_chance, abs=0.02)
    assert lost["b"] == lost["c"] == 0
    assert (data.features == before).all()
    assert permutation.importances(first, data, seed=0) == lost


def test_of_many_lists_a_sample_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(features: np.ndarray) -> Scores:  # type: ignore[type-arg]
        seen.append(len(features))
        return first(features)

    monkeypatch.setattr(permutation, "ROWS", 100)
    permutation.importances(counted, lists(50), seed=0)
    assert set(seen) == {96}
    assert len(seen) == 1 + 2 * permutation.REPEATS  # what never varies costs nothing


def test_half_an_answer_is_none() -> None:
    asked: list[None] = []

    def second() -> bool:
        asked.append(None)
        return len(asked) == 2

    assert permutation.importances(first, replace(lists(5), out_of_time=second), seed=0) == {}
