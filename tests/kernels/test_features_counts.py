"""Counts of items over a history that streams by."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.features.item_popularity import ItemPopularity
from recli.kernels import features_counts
from recli.kernels.features import Columns, Items

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def history() -> pl.DataFrame:
    draw = np.random.default_rng(0)
    count = 500
    times = [START + timedelta(hours=int(hour)) for hour in draw.integers(0, 60 * 24, count)]
    return pl.DataFrame(
        {
            "item_id": [f"i{item}" for item in draw.integers(0, 40, count)],
            "timestamp": pl.Series(times).cast(pl.Datetime("us", "UTC")),
            "rating": draw.choice([0.1, 0.7, 3.3], count).astype(np.float32),
        }
    )


def test_counts_do_not_hang_on_the_order_or_cut_of_the_history(
    history: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = features_counts.latest([history])
    whole = features_counts.tally([history], now)
    monkeypatch.setattr(features_counts, "_CHUNK", 30)
    shuffled = history.sample(fraction=1, shuffle=True, seed=1)
    assert features_counts.tally(shuffled.iter_slices(7), now).equals(whole)
    assert whole["events"].sum() == history.height


def test_the_moment_of_prediction_is_the_last_event(history: pl.DataFrame) -> None:
    last = history["timestamp"].max()
    assert isinstance(last, datetime)
    assert features_counts.latest(history.iter_slices(9)) == int(last.timestamp() * 1_000_000)
    assert features_counts.latest([history.clear()]) is None


def test_an_event_without_a_time_is_refused(history: pl.DataFrame) -> None:
    holed = history.with_columns(timestamp=pl.lit(None, history.schema["timestamp"]))
    with pytest.raises(RecliError, match="'timestamp' is empty in 500 events"):
        features_counts.latest([holed])


def test_a_rising_item_trends_above_one_and_a_forgotten_one_at_zero() -> None:
    ages = [0, 1, 2, 40, 50, 60]
    history = pl.DataFrame(
        {
            "item_id": ["new", "new", "both", "both", "old", "old"],
            "timestamp": pl.Series([START - timedelta(days=age) for age in ages]).cast(
                pl.Datetime("us", "UTC")
            ),
        }
    )
    now = features_counts.latest([history])
    counts = features_counts.tally([history], now)
    items = Items(features_counts.counted(counts), counts, np.array([now]))
    found = ItemPopularity().table(Columns(timed=True), items)[:, -1]
    assert counts["item_id"].to_list() == ["both", "new", "old"]
    np.testing.assert_allclose(found, [1, 2, 0])
