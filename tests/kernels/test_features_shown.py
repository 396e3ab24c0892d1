"""Which impressions were clicked."""

import polars as pl
import pytest

from recli.kernels.features_shown import added, clicked


def rows(*told: tuple[str, str, int]) -> pl.DataFrame:
    frame = pl.DataFrame(told, schema=["user_id", "item_id", "timestamp"], orient="row")
    return frame.with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))


@pytest.mark.parametrize(
    ("shown", "events", "clicks"),
    [
        ([1, 5], [3], [3]),
        ([1, 5], [3, 4], [3]),  # one impression is clicked once
        ([1, 5], [6, 3], [3, 6]),
        ([4], [4], [4]),
        ([4], [3], []),  # found without being shown
        ([4, 4], [5], [5]),  # shown twice on one page
        ([1, 5], [], []),
    ],
)
def test_the_first_event_before_the_next_impression_is_its_click(
    shown: list[int], events: list[int], clicks: list[int]
) -> None:
    impressions = rows(*(("u", "i", time) for time in shown), ("u", "j", 2), ("v", "i", 0))
    history = rows(*(("u", "i", time) for time in events), ("u", "k", 9))
    found = clicked(impressions, history, timed=True)
    assert found["timestamp"].dt.epoch("us").to_list() == clicks
    assert set(found["item_id"]) <= {"i"}


def test_without_times_what_was_met_at_all_was_clicked() -> None:
    impressions = rows(("u", "i", 3), ("u", "i", 4), ("u", "j", 2), ("v", "i", 0))
    found = clicked(impressions, rows(("u", "i", 1)), timed=False)
    assert found["user_id"].to_list() == ["u", "u"]


def test_items_that_were_shown_and_never_met_are_counted_too() -> None:
    tallied = pl.DataFrame({"item_id": ["a", "c"], "events": [3, 1]})
    shown = pl.DataFrame({"item_id": ["b", "a", "b"]})
    found = added(tallied, [(shown, shown.head(1)), (shown, shown.clear())])
    assert found.select("item_id", "shown", "clicked").rows() == [
        ("a", 2, 0),
        ("b", 4, 1),
        ("c", 0, 0),
    ]
    assert found["events"].to_list() == [3, None, 1]
