"""Gains and weights as LightGBM's ranking objectives take them."""

import numpy as np
import polars as pl
import pytest

from recli.kernels.gains import discounted, doubled, gains, graded
from recli.kernels.ranking import RankingData


def two_lists(**more: object) -> RankingData:
    """One list with gains 5 and 1, one with a gain of 1."""
    relevance = np.array([5, 0, 1, 0, 1, 0], np.float32)
    return RankingData(
        ("a",), (), relevance[:, None], relevance, np.array([3, 3]), pl.Series(["u", "v"]),
        np.zeros(2, np.int64), **more,  # type: ignore[arg-type]
    )  # fmt: skip


def test_labels_are_places_among_gains_or_powers_of_two() -> None:
    data = two_lists()
    assert gains(data) == [0, 1, 5]
    plain = graded(data, data, lambda values: discounted(values, 10))
    assert plain["label"].tolist() == [2, 0, 1, 0, 1, 0]
    assert "weight" not in plain
    # 2^3 - 1 = 7 is nearer to 5 than 2^2 - 1 = 3 by ratio.
    assert doubled(data, data, np.sum)["label"].tolist() == [3, 0, 1, 0, 1, 0]


def test_a_list_weighs_as_much_more_as_its_gains_were_raised() -> None:
    """LightGBM divides by the best DCG: with the weight a pair counts by its raised gain."""
    seen = np.array([0.5, 1, 0.25, 1, 0.2, 1], np.float32)
    found = graded(one := two_lists(propensities=seen), one, lambda values: discounted(values, 10))
    assert gains(one) == [0, 4, 5, 10]
    assert found["label"].tolist() == [3, 0, 1, 0, 2, 0]
    raised = (10 + 4 / np.log2(3)) / (5 + 1 / np.log2(3))
    assert found["weight"] == pytest.approx([raised] * 3 + [5] * 3)
    weighed = two_lists(propensities=seen, weights=np.array([1, 3, 1, 3, 1, 3], np.float32))
    again = graded(weighed, weighed, lambda values: discounted(values, 10))["weight"]
    assert again == pytest.approx(found["weight"] * np.array([1, 3, 1, 3, 1, 3]) / 2)
