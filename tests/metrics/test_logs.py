"""Clicks, conversion and revenue from a log, against a slow walk through it."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.evaluate_inputs import Choices
from tests.metrics.small_worlds import found

START = datetime(2026, 1, 1, tzinfo=UTC)
PRICES = {f"i{at}": at + 0.5 for at in range(6)} | {"i7": None}


@pytest.fixture(scope="module")
def log():
    """Visits of users: rows (user, visit, item, position, clicked); i6 and i7 have no price."""
    rng = random.Random(11)
    return [
        (f"u{user:02}", visit, f"i{rng.randrange(8)}", place, rng.random() < 0.4)
        for user in range(25)
        for visit in range(rng.randint(1, 4))
        for place in range(1, rng.randint(2, 6))
    ]


@pytest.fixture(scope="module")
def events():
    """What users did: rows (user, item, hour, event); some buy what they were never shown."""
    rng = random.Random(12)
    kinds = ["view", "cart", "purchase", "purchase"]
    return [
        (
            f"u{rng.randrange(28):02}",
            f"i{rng.randrange(8)}",
            rng.uniform(-0.5, 5),
            rng.choice(kinds),
        )
        for _ in range(300)
    ]


def moment(hours):
    return START + timedelta(hours=hours)


def values(folder, log, events, *words, moments=True, **choices):
    names = ["user_id", "as_of", "item_id", "position", "clicked"]
    rows = [(user, moment(visit), item, place, click) for user, visit, item, place, click in log]
    happened = [(user, item, moment(hour), event) for user, item, hour, event in events]
    lists = pl.DataFrame(rows, names, orient="row")
    truth = pl.DataFrame(happened, ["user_id", "item_id", "timestamp", "event"], orient="row")
    items = pl.DataFrame({"item_id": [*PRICES], "price": [*PRICES.values()]})
    time = pl.Datetime("us", "UTC")
    return found(
        folder,
        [*words],
        Choices(added=(), **choices),
        lists=lists.with_columns(pl.col("as_of").cast(time)) if moments else lists.drop("as_of"),
        truth=truth.with_columns(pl.col("timestamp").cast(time)),
        items=items,
    )


def led_to(log, events, event):
    """For each row of the log, in its order, how many events are put down to it."""
    credit = defaultdict(int)
    for user, item, hour, kind in events:
        rows = [
            (visit, place, at)
            for at, (who, visit, what, place, click) in enumerate(log)
            if click and (who, what) == (user, item) and visit <= hour and kind == event
        ]
        if rows:
            credit[max(rows)[2]] += 1
    return credit


def test_click_through_is_clicks_over_rows(tmp_path, log, events):
    got, outcome = values(tmp_path, log, events, "ctr", "ctr@1", "ctr@3")
    for word, k in (("ctr", 99), ("ctr@1", 1), ("ctr@3", 3)):
        inside = [click for *_, place, click in log if place <= k]
        assert got[word] == pytest.approx(sum(inside) / len(inside)), word
    one = outcome.measured[0]
    assert one.low < one.value < one.high
    assert one.users == 25


def test_a_purchase_is_put_down_to_the_last_click_before_it(tmp_path, log, events):
    words = ["conversion", "conversion(shown)", "conversion@2(event=cart)", "revenue"]
    words += ["revenue@2(thousand)"]
    got, _ = values(tmp_path, log, events, *words)
    bought, carted = led_to(log, events, "purchase"), led_to(log, events, "cart")
    assert 0 < len(bought) < sum(row[4] for row in log)
    clicked = sum(row[4] for row in log)
    assert got["conversion"] == pytest.approx(len(bought) / clicked)
    assert got["conversion(shown)"] == pytest.approx(len(bought) / len(log))
    near = [at for at, row in enumerate(log) if row[3] <= 2]
    assert got[words[2]] == pytest.approx(
        sum(at in carted for at in near) / sum(log[at][4] for at in near)
    )
    paid = {at: count * (PRICES.get(log[at][2]) or 0) for at, count in bought.items()}
    visits = len({row[:2] for row in log})
    assert got["revenue"] == pytest.approx(sum(paid.values()) / visits)
    inside = sum(paid.get(at, 0) for at in near)
    assert got["revenue@2(thousand)"] == pytest.approx(1000 * inside / len(near))


def test_without_moments_a_user_has_one_list_and_the_last_click_counts(tmp_path):
    log = [("a", 0, "i1", 1, True), ("a", 1, "i1", 2, True), ("a", 2, "i2", 3, False)]
    events = [("a", "i1", -3, "purchase"), ("a", "i2", 9, "purchase")]
    words = ["conversion@1", "conversion", "revenue", "revenue@1"]
    got, _ = values(tmp_path, log, events, *words, moments=False)
    # No click came before the purchase by the clock, but nothing says when rows were shown.
    assert [got[word] for word in words] == [0, 0.5, 1.5, 0]
    assert values(tmp_path, log, events, "revenue")[0]["revenue"] == 0


@pytest.mark.parametrize("rows", [1, 13])
def test_no_bit_depends_on_the_size_of_blocks(tmp_path, log, events, rows):
    words = ["ctr@2", "conversion", "revenue"]
    assert (
        values(tmp_path, log, events, *words, rows=rows)[0]
        == values(tmp_path, log, events, *words)[0]
    )


def test_what_is_no_log_is_refused(tmp_path, log, events):
    lists = pl.DataFrame({"user_id": ["a"], "item_id": ["x"], "rank": [1]})
    truth = pl.DataFrame({"user_id": ["a"], "item_id": ["x"]})
    with pytest.raises(RecliError, match="is no log: ctr needs a column reward or clicked or lab"):
        found(tmp_path, ["ctr"], lists=lists, truth=truth)
    named = lists.with_columns(clicked=pl.lit("yes"))
    with pytest.raises(RecliError, match="column 'clicked' is String"):
        found(tmp_path, ["ctr"], lists=named, truth=truth)
    empty = lists.with_columns(clicked=pl.lit(None, pl.Int8))
    with pytest.raises(RecliError, match="column 'clicked' is empty in some rows"):
        found(tmp_path, ["ctr"], lists=empty, truth=truth)
    scored = lists.select("user_id", "item_id", clicked=pl.lit(1), score=pl.lit(0.5))
    with pytest.raises(RecliError, match="needs a column 'position' or 'rank'"):
        found(tmp_path, ["ctr"], lists=scored, truth=truth)
    told = lists.with_columns(clicked=pl.lit(1))
    prices = pl.DataFrame({"item_id": ["x"], "price": ["dear"]})
    with pytest.raises(RecliError, match="column 'price' is String, not a number"):
        found(tmp_path, ["revenue"], lists=told, truth=truth, items=prices)
