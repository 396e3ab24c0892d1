"""What lists are worth, against worked examples."""

import numpy as np
import polars as pl
import pytest

from recli.kernels import price
from recli.kernels.price import Mean, Worth


def test_ndcg_of_the_worked_example() -> None:
    # [A, B, C, D, F] against {B, D, E}; the second list's user chose nothing.
    lists, places = np.array([0, 0, 0, 0, 0, 1]), np.array([0, 1, 2, 3, 4, 0])
    hits = np.array([False, True, False, True, False, False])
    found = price.ndcg(lists, places, hits, np.array([3, 0]), 5)
    assert found[0] == pytest.approx(0.498, abs=5e-4)
    assert np.isnan(found[1])


def test_gini_is_0_of_items_shown_alike_and_high_of_one() -> None:
    assert price.gini(np.array([3, 3, 3]), 3) == 0
    assert price.gini(np.array([5]), 100) == pytest.approx(0.99)
    slow = np.abs(np.subtract.outer([0, 1, 4], [0, 1, 4])).sum() / (2 * 9 * (5 / 3))
    assert price.gini(np.array([4, 1]), 3) == pytest.approx(slow)


def test_worth_of_parts_adds_up_to_that_of_the_whole() -> None:
    def worth(values: list[float], items: list[str]) -> Worth:
        mean = Mean.of(np.array(values))
        shown = pl.DataFrame({"item_id": items}).group_by("item_id").len("shown")
        return Worth(mean, mean, mean, mean, (shown.cast({"shown": pl.Int64}),))

    whole = worth([1.0, np.nan, 3.0], ["a", "b", "a"]).measures(10)
    parts = worth([1.0], ["a"]) + worth([np.nan, 3.0], ["b", "a"])
    assert parts.measures(10) == whole
    assert whole["score"] == 2
    assert (whole["items"], whole["coverage"]) == (2, 0.2)
