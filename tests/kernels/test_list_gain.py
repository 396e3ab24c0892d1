"""NDCG by counting against NDCG by sorting, equal scores in every order that they may take."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.kernels import list_gain
from recli.kernels.list_gain import ListGain
from recli.kernels.ranking import RankingData

SIZES = [3, 5, 1, 4]


def graded(seed: int) -> RankingData:
    draw = np.random.default_rng(seed)
    gains = draw.choice([0, 0, 0.5, 1, 3], sum(SIZES)).astype(np.float32)
    gains[np.cumsum(SIZES) - 1] = 1.0
    users = pl.Series([f"u{at}" for at in range(len(SIZES))])
    features = draw.integers(0, 3, (len(gains), 1)).astype(np.float32)
    moments = np.zeros(len(SIZES), np.int64)
    return RankingData(("a",), (), features, gains, np.array(SIZES), users, moments)


def slow(gains: npt.NDArray[np.float32], scores: npt.NDArray[np.float64], k: int) -> float:
    """The mean over all orders of the rows that do not go against the scores."""
    weights = 1 / np.log2(np.arange(2, k + 2))
    best = sum(gain * weight for gain, weight in zip(-np.sort(-gains), weights, strict=False))
    found = [
        sum(gains[row] * weight for row, weight in zip(order, weights, strict=False)) / best
        for order in permutations(range(len(gains)))
        if all(scores[one] >= scores[other] for one, other in pairwise(order))
    ]
    return float(np.mean(found))


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("k", [1, 3, 10])
def test_equal_scores_share_their_places(seed: int, k: int) -> None:
    data = graded(seed)
    ends = np.cumsum(SIZES)
    base = np.random.default_rng(seed).integers(0, 3, len(data.relevance)).astype(np.float64)
    for step in (0.0, 0.5, -1.0):
        scores = base + step * data.features[:, 0]
        lists = zip(ends - SIZES, ends, strict=True)
        expected = np.mean([slow(data.relevance[a:b], scores[a:b], k) for a, b in lists])
        assert ListGain.of(data, k).mean(scores) == pytest.approx(expected)


def test_parts_are_added_up_alike_in_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    data = graded(0)
    scores = data.features[:, 0].astype(np.float64)
    whole = ListGain.of(data).mean(scores)
    monkeypatch.setattr(list_gain, "_PART", 4)
    one = ListGain.of(data)
    parts = {threads: ListGain(**{**vars(one), "threads": threads}) for threads in (1, 2)}
    assert parts[1].mean(scores) == parts[2].mean(scores) == pytest.approx(whole)


def test_lists_count_by_the_weights_of_what_was_chosen_and_raised_gains_raise_them() -> None:
    """Of two lists the second is in the best order, the first is not."""
    features = np.array([[1], [2], [2], [1]], np.float32)
    gains, users = np.array([1, 0, 1, 0], np.float32), pl.Series(["a", "b"])
    data = RankingData(("a",), (), features, gains, np.array([2, 2]), users, np.zeros(2, np.int64))
    second = 1 / np.log2(3)
    heavy = replace(data, weights=np.array([3, 3, 1, 1], np.float32))
    raised = replace(data, propensities=np.array([1, 1, 0.25, 1], np.float32))
    expected = {1: (second + 1) / 2, 2: (3 * second + 1) / 4, 3: (second + 4) / 5}
    for value, known in zip(expected.values(), (data, heavy, raised), strict=True):
        assert ListGain.of(known).mean(features[:, 0].astype(np.float64)) == pytest.approx(value)
