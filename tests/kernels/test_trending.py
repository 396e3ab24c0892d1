"""What rises, what falls, and what is merely new."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.matrix import Training, training
from recli.kernels.trending import Rise, untied

START = datetime(2024, 1, 1, tzinfo=UTC)
RISE = Rise(half_life_days=2, base_half_life_days=30, prior=5)


def learned(days: dict[str, list[float]], labels: dict[str, str] | None = None) -> Training:
    """A log in which each item was taken once on each of its days, by a user for each day."""
    rows = [
        (f"u{day}", item, START + timedelta(days=day)) for item, own in days.items() for day in own
    ]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "timestamp"], orient="row")
    known = None
    if labels is not None:
        known = pl.DataFrame({"user_id": list(labels), "label": list(labels.values())})
    return training(
        frame.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC"))), labels=known
    )


def order(data: Training, rise: Rise = RISE, column: int = 0) -> list[str]:
    scores = rise.scores(data)[:, column]
    by_score = np.argsort(-scores, kind="stable")
    return data.items.gather(by_score[scores[by_score] > 0]).to_list()


def test_a_score_is_recent_over_expected_and_prior() -> None:
    days = {"A": [0.0, 9.0, 10.0], "B": [3.0, 10.0]}
    recent = {item: sum(0.5 ** ((10 - day) / 2) for day in own) for item, own in days.items()}
    usual = {item: sum(0.5 ** ((10 - day) / 30) for day in own) for item, own in days.items()}
    share = sum(recent.values()) / sum(usual.values())
    expected = [recent[item] / (usual[item] * share + 5) for item in "AB"]
    np.testing.assert_allclose(RISE.scores(learned(days))[:, 0], expected, rtol=1e-12)


def test_what_rises_stands_before_what_is_always_bought_and_that_before_what_fell() -> None:
    days = {
        "always": [day / 5 for day in range(300)],
        "fell": [day / 10 for day in range(300)],
        "rises": [55 + day / 20 for day in range(100)],
    }
    assert order(learned(days)) == ["rises", "always", "fell"]


def test_two_clicks_on_something_unknown_do_not_win() -> None:
    days = {"always": [day / 2 for day in range(120)], "unknown": [59.8, 59.9]}
    assert order(learned(days)) == ["always", "unknown"]
    assert order(learned(days), Rise(2, 30, prior=0.01)) == ["unknown", "always"]


def test_when_everything_doubles_nothing_rises() -> None:
    slow = [float(day) for day in range(50)]
    twice = slow + [day + 0.5 for day in range(40, 50)]
    scores = RISE.scores(learned({"A": twice, "B": twice}))[:, 0]
    assert scores.max() < 1.0


def test_equal_scores_are_in_the_order_of_popularity_and_then_of_ids() -> None:
    # A, B and C do the same of late; of C more was taken so long ago that nothing is left of it.
    rise = Rise(half_life_days=0.001, base_half_life_days=0.01, prior=1)
    assert order(learned({"B": [100.0], "A": [100.0], "C": [0.0, 100.0]}), rise) == ["C", "A", "B"]


def test_a_segment_has_its_own_trend_and_is_filled_in_the_order_of_the_whole() -> None:
    days = {
        "old": [*(float(day) for day in range(10)), 20.25],
        "new": [20.0, 20.5],
        "elsewhere": [19.0, 21.0],
    }
    labels = {f"u{day}": "x" for item in ("old", "new") for day in days[item]}
    data = learned(days, labels | {"u19.0": "y", "u21.0": "y"})
    assert order(data, column=1) == ["new", "old", "elsewhere"]
    assert order(data, column=2)[0] == "elsewhere"


def test_an_interaction_without_a_time_is_refused() -> None:
    data = learned({"A": [1.0, 2.0]})
    assert data.timestamps is not None
    times = np.where(data.timestamps == data.timestamps.min(), np.nan, data.timestamps)
    broken = Training(data.users, data.items, data.rows, data.columns, data.weights, times)
    with pytest.raises(RecliError, match="'timestamp' is empty in 1 interactions"):
        RISE.scores(broken)


def test_untied_scores_are_all_different_and_hardly_moved() -> None:
    rng = np.random.default_rng(0)
    scores = rng.choice([0.0, 5e-324, 1e-300, 0.5, 0.5 + 2**-53, 7.0], 200)
    then = rng.choice([0.0, 1.0, 2.0], 200)
    apart = untied(scores, then)
    some = (scores > 0) | (then > 0)
    number = -np.arange(200)
    wanted = np.lexsort((number[some], then[some], scores[some]))
    assert np.argsort(apart[some]).tolist() == wanted.tolist()
    assert len(np.unique(apart[some])) == some.sum()
    assert (apart[~some] == 0).all()
    np.testing.assert_allclose(apart, scores, rtol=1e-13, atol=1e-300)
