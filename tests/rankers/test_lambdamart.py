"""LambdaMART's own settings: gains, early stopping, and LightGBM's published ranking task."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.ranking import RankingData
from recli.rankers.lambdamart import Lambdamart

PLACES = 3


def ndcg(relevance: npt.NDArray[np.float32], scores: npt.NDArray[np.float64], k: int) -> float:
    discounts = 1 / np.log2(np.arange(2, k + 2))
    best = np.sort(2.0**relevance - 1)[::-1][:k]
    found = (2.0**relevance - 1)[np.argsort(-scores, kind="stable")][:k]
    ideal = (best * discounts[: len(best)]).sum()
    return float((found * discounts[: len(found)]).sum() / ideal) if ideal else 1.0


def published(folder: Path, part: str) -> RankingData:
    """LightGBM's example lists, in the sparse text of SVMlight, as dense rows."""
    lines = (folder / f"rank.{part}").read_text().splitlines()
    rows = np.zeros((len(lines), 301), np.float32)
    for at, line in enumerate(lines):
        for cell in line.split()[1:]:
            column, value = cell.split(":")
            rows[at, int(column)] = float(value)
    sizes = np.loadtxt(folder / f"rank.{part}.query", dtype=np.int64)
    names = tuple(f"f{at}" for at in range(rows.shape[1]))
    grades = np.array([2.0 ** float(line.split()[0]) - 1 for line in lines], np.float32)
    users = pl.Series([f"u{at}" for at in range(len(sizes))])
    return RankingData(names, (), rows, grades, sizes, users, np.zeros(len(sizes), np.int64))


def test_the_published_ranking_task_is_learned_as_well_as_by_lightgbm_itself(
    shared: Path,
) -> None:
    train, test = (published(shared / "lightgbm-rank", part) for part in ("train", "test"))
    ranker = Lambdamart(
        trees=50, learning_rate=0.1, min_leaf=50, subsample=1.0, feature_share=1.0, l2=0.0,
        validation=0.0,
    )  # fmt: skip
    scores = ranker.open(ranker.fit(train).files, 1)(test.features)
    ends = np.cumsum(test.sizes)
    for k, bar in ((1, 0.5674), (3, 0.578)):
        found = [
            ndcg(np.log2(test.relevance[a:b] + 1), scores[a:b], k)
            for a, b in zip(ends - test.sizes, ends, strict=True)
        ]
        assert np.mean(found) > bar


def noise(users: int = 100) -> RankingData:
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(users * 10, 3)).astype(np.float32)
    chosen = (draw.random(len(rows)) < 0.3).astype(np.float32)
    chosen[::10], chosen[1::10] = 1, 0
    names = pl.Series([f"u{at}" for at in range(users)])
    return RankingData(
        ("a", "b", "c"), (), rows, chosen, np.full(users, 10), names, np.zeros(users, np.int64)
    )


def test_it_stops_early_on_noise_and_keeps_the_best_trees() -> None:
    learned = Lambdamart(trees=200, min_leaf=5, validation=0.3, patience=5).fit(noise())
    assert 1 <= learned.facts["trees"] < 100
    text = learned.files["model.txt"]
    assert text.count("\nTree=") == learned.facts["trees"]


def test_without_users_aside_all_trees_are_grown() -> None:
    learned = Lambdamart(trees=12, min_leaf=5, validation=0.0).fit(noise())
    assert learned.facts == {"trees": 12, "lists kept aside": 0}


def test_a_larger_gain_is_put_above_a_smaller_one() -> None:
    draw = np.random.default_rng(0)
    rows = draw.integers(0, 3, (2000, 1)).astype(np.float32)
    gains = np.array([0, 0.5, 7], np.float32)[rows[:, 0].astype(int)]
    users = pl.Series([f"u{at}" for at in range(200)])
    data = RankingData(("a",), (), rows, gains, np.full(200, 10), users, np.zeros(200, np.int64))
    ranker = Lambdamart(trees=10, min_leaf=5)
    scores = ranker.open(ranker.fit(data).files, 1)(np.array([[0], [1], [2]], np.float32))
    assert scores[0] < scores[1] < scores[2]


def test_a_list_that_lightgbm_cannot_take_is_refused() -> None:
    data = noise(1100)
    whole = replace(
        data, sizes=np.array([11_000]), users=pl.Series(["u"]), moments=np.zeros(1, np.int64)
    )
    with pytest.raises(RecliError, match="--negatives"):
        Lambdamart(validation=0.0).fit(whole)
