"""A generated shop keeps the rules of a real one, and the same seed makes the same shop."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from recli.errors import ExitCode, RecliError
from recli.kernels.shop import START, Shop

DAYS = 120


@pytest.fixture(scope="module")
def shop() -> Shop:
    # More users than are drawn at a time, so that blocks have seams.
    return Shop(
        users=5_000,
        items=1_000,
        interactions=150_000,
        days=DAYS,
        cold_users=0.1,
        cold_items=0.05,
        seed=7,
    )


@pytest.fixture(scope="module")
def log(shop: Shop) -> pl.DataFrame:
    return pl.concat(shop.interactions_by_block())


def test_the_same_seed_makes_the_same_log_for_any_block_size_and_threads(
    shop: Shop, log: pl.DataFrame
) -> None:
    for users_per_block, threads in [(333, 1), (2_048, 2), (100_000, 3)]:
        blocks = list(shop.interactions_by_block(users_per_block, threads))
        sizes = [block["user_id"].n_unique() for block in blocks]
        full, rest = divmod(shop.users, users_per_block)
        assert sizes == [users_per_block] * full + [rest] * (rest > 0)
        assert_frame_equal(pl.concat(blocks), log)


def test_one_user_a_block_gives_whole_users() -> None:
    blocks = list(Shop(users=40, items=30, seed=3).interactions_by_block(1))
    assert [block["user_id"].unique().to_list() for block in blocks] == [
        [f"U{user:07}"] for user in range(1, 41)
    ]


def test_tables_are_the_same_for_the_same_seed_and_others_for_another(shop: Shop) -> None:
    again = Shop(users=5_000, items=1_000, days=DAYS, cold_users=0.1, cold_items=0.05, seed=7)
    assert_frame_equal(again.items_table(), shop.items_table())
    other = Shop(users=5_000, items=1_000, days=DAYS, cold_users=0.1, cold_items=0.05, seed=8)
    assert not other.items_table().equals(shop.items_table())
    assert not other.users_table().equals(shop.users_table())


def test_tables_have_the_promised_columns_in_order_of_id(shop: Shop, log: pl.DataFrame) -> None:
    time = pl.Datetime("us", "UTC")
    items, users = shop.items_table(), shop.users_table()
    assert dict(items.schema) == {
        "item_id": pl.String,
        "title": pl.String,
        "categories": pl.List(pl.String),
        "brand": pl.String,
        "price": pl.Float64,
        "released": time,
        "description": pl.String,
    }
    assert list(users.columns) == ["user_id", "country", "age_group", "joined"]
    assert items["item_id"].to_list() == [f"I{item:06}" for item in range(1, 1_001)]
    assert users["user_id"].to_list() == [f"U{user:07}" for user in range(1, 5_001)]
    assert sum(items.null_count().row(0)) == sum(users.null_count().row(0)) == 0
    assert items["price"].min() > 0
    assert log.columns == ["user_id", "item_id", "timestamp", "event", "rating"]
    assert log.sort("user_id", "timestamp", "item_id", maintain_order=True).equals(log)


@pytest.mark.parametrize("days", [1, 2, 30, 3_650])
def test_events_lie_in_the_period_after_release_and_joining(days: int) -> None:
    shop = Shop(users=1_500, items=200, days=days, cold_users=0.4, cold_items=0.4, seed=days)
    log = pl.concat(shop.interactions_by_block())
    rows = log.join(shop.items_table(), on="item_id").join(shop.users_table(), on="user_id")
    assert rows.height == log.height
    assert rows.filter(pl.col("timestamp") < pl.col("released")).is_empty()
    assert rows.filter(pl.col("timestamp") < pl.col("joined")).is_empty()
    assert log["timestamp"].min() >= START
    assert log["timestamp"].max() < START + timedelta(days=days)


def test_visits_that_overlap_never_return_to_what_is_not_yet_out() -> None:
    # Visits begin every few minutes, while most of the items come out within hours.
    shop = Shop(users=20, items=500, interactions=300_000, days=3, cold_items=0.9)
    rows = pl.concat(shop.interactions_by_block()).join(shop.items_table(), on="item_id")
    assert rows.filter(pl.col("timestamp") < pl.col("released")).is_empty()


def test_users_of_different_blocks_are_different_people(shop: Shop) -> None:
    users = shop.users_table()
    assert users["joined"].n_unique() > 0.99 * users.height


def test_a_purchase_follows_a_cart_and_a_cart_a_view(log: pl.DataFrame) -> None:
    first = log.pivot(
        "event", index=["user_id", "item_id"], values="timestamp", aggregate_function="min"
    )
    assert first["view"].null_count() == 0
    assert first.filter(pl.col("cart") < pl.col("view")).is_empty()
    bought = first.filter(pl.col("purchase").is_not_null())
    assert bought["cart"].null_count() == 0
    assert bought.filter(pl.col("purchase") < pl.col("cart")).is_empty()
    counts = dict(log["event"].value_counts().iter_rows())
    assert counts["view"] > 3 * counts["cart"] > 3 * counts["purchase"] > 3_000


def test_only_purchases_are_rated_and_better_items_higher(log: pl.DataFrame) -> None:
    rated = log.drop_nulls("rating")
    assert set(rated["event"]) == {"purchase"}
    assert set(rated["rating"]) == {1.0, 2.0, 3.0, 4.0, 5.0}
    assert 0.3 < rated.height / log.filter(pl.col("event") == "purchase").height < 0.5


def test_the_log_has_about_as_many_events_as_asked_for(log: pl.DataFrame) -> None:
    # The standard error of 5,000 log-normal activities is some 2 percent.
    assert log.height == pytest.approx(150_000, rel=0.08)
    activity = log["user_id"].value_counts()["count"]
    assert activity.min() >= 1
    assert activity.mean() > 1.4 * activity.median()  # exp(1/2) for a log-normal of sigma 1


@pytest.mark.parametrize("items", [300, 1_000, 20_000])
def test_popularity_is_skewed_as_in_real_logs(items: int) -> None:
    log = pl.concat(Shop(users=4_000, items=items, seed=items).interactions_by_block())
    views = np.zeros(items)
    views[: log["item_id"].n_unique()] = log["item_id"].value_counts()["count"].to_numpy()
    views.sort()
    # Gini from sorted counts: sum of (2 i - n - 1) x_i / (n sum of x).
    gini = (2 * np.arange(1, items + 1) - items - 1) @ views / (items * views.sum())
    assert 0.55 <= gini <= 0.85


def test_as_many_items_and_users_are_cold_as_asked_for(shop: Shop, log: pl.DataFrame) -> None:
    tail = START + timedelta(days=DAYS * 0.95)
    items = shop.items_table().filter(pl.col("released") >= tail)
    assert items.height == 50
    cold = shop.users_table().filter(pl.col("joined") >= tail)
    # Five standard deviations of a binomial with 5,000 draws at 0.1.
    assert abs(cold.height - 500) < 5 * (5_000 * 0.1 * 0.9) ** 0.5
    activity = log.join(cold, on="user_id", how="semi")["user_id"].value_counts()
    assert activity.height == cold.height
    assert activity["count"].max() <= 3
    none = Shop(users=300, items=300, days=DAYS, cold_users=0, cold_items=0)
    assert none.items_table()["released"].max() < tail
    assert none.users_table()["joined"].max() < tail


def test_a_users_first_half_tells_more_of_the_second_than_everybodys_does(
    shop: Shop, log: pl.DataFrame
) -> None:
    middle = START + timedelta(days=DAYS / 2)
    category = pl.col("categories").list.last().alias("category")
    rows = log.join(shop.items_table().select("item_id", category), on="item_id")
    halves = (
        rows.with_columns(late=pl.col("timestamp") >= middle)
        .group_by("user_id", "category")
        .agg(early=(~pl.col("late")).sum(), late=pl.col("late").sum())
        .filter(pl.col("early").sum().over("user_id") >= 10)
    )
    share = pl.col("early").sum().over("category") / pl.col("early").sum()
    crowd = halves.with_columns(crowd=share)
    # A user's mix, smoothed by ten events of the crowd's, and the log-likelihood of what came.
    mix = (pl.col("early") + 10 * pl.col("crowd")) / (pl.col("early").sum().over("user_id") + 10)
    gain = (pl.col("late") * (mix.log() - pl.col("crowd").log())).sum() / pl.col("late").sum()
    assert crowd.filter(pl.col("crowd") > 0).select(gain).item() > 0.5  # nats an event


def test_recent_demand_tells_more_of_the_last_weeks_than_all_time_demand(log: pl.DataFrame) -> None:
    def demand(first: float, last: float) -> pl.DataFrame:
        begin, end = (START + timedelta(days=DAYS * part) for part in (first, last))
        return log.filter(pl.col("timestamp").is_between(begin, end, closed="left"))[
            "item_id"
        ].value_counts()

    def share_of_last(seen: pl.DataFrame) -> float:
        best = seen.sort("count", "item_id", descending=True).head(50)
        last = demand(0.85, 1)
        return last.join(best, on="item_id", how="semi")["count"].sum() / last["count"].sum()

    assert share_of_last(demand(0.75, 0.85)) > 1.15 * share_of_last(demand(0, 0.85))


@pytest.mark.parametrize(
    ("users", "items", "interactions", "days"),
    [(1, 1, None, 1), (1, 1, 1, 180), (3, 1, 300, 2), (1, 500, 2_000, 30), (50, 2, 50, 3_650)],
)
def test_small_shops_work(users: int, items: int, interactions: int | None, days: int) -> None:
    shop = Shop(users=users, items=items, interactions=interactions, days=days)
    log = pl.concat(shop.interactions_by_block())
    assert log["user_id"].n_unique() == users
    assert set(log["item_id"]) <= set(shop.items_table()["item_id"])
    assert log["timestamp"].is_between(START, START + timedelta(days=days)).all()
    assert shop.items_table().height == items


def test_titles_exercise_csv_and_terminals(shop: Shop) -> None:
    titles = shop.items_table()["title"]
    for part in (",", '"', "'", ";", "[Refurbished]", "[/bold]", "🎁", "日本製", "<3"):
        assert titles.str.contains(part, literal=True).any(), part
    csv = shop.items_table().select("item_id", "title").write_csv()
    assert_frame_equal(pl.read_csv(csv.encode()), shop.items_table().select("item_id", "title"))


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(RecliError) as raised:
        Shop(users=0, items=-3, cold_users=1.5)
    assert raised.value.code == ExitCode.USAGE
    assert "users is 0" in str(raised.value)
    assert "items is -3" in str(raised.value)
    assert "cold_users is 1.5" in str(raised.value)
    with pytest.raises(RecliError, match="less than one for each user"):
        Shop(users=10, interactions=9)
    with pytest.raises(RecliError, match="users_per_block is 0"):
        next(Shop(users=10).interactions_by_block(0))


def test_pages_are_whole_and_clicks_fall_by_place_and_by_liking(shop: Shop) -> None:
    rows, again = (pl.concat(shop.shown_by_block(3, threads)) for threads in (1, 2))
    assert_frame_equal(rows, again)
    page = rows.group_by("user_id", "as_of").agg(
        pl.col("position").sort(), items=pl.col("item_id").n_unique()
    )
    assert (page["items"] == 10).all()
    assert page["position"].list.eval(pl.element() == pl.int_range(1, 11)).list.all().all()
    met = pl.concat(shop.interactions_by_block()).select("user_id", "item_id").unique()
    rows = rows.join(met.with_columns(met=True), on=["user_id", "item_id"], how="left")
    shares = rows.group_by("position", pl.col("met").fill_null(False)).agg(pl.col("label").mean())
    found = {(place, met): share for place, met, share in shares.rows()}
    # What she never touched is liked by one in ten, and a look falls as 1 / place.
    for place in (1, 2, 5):
        assert found[place, False] == pytest.approx(0.1 / place, rel=0.35)
        assert found[place, True] > 2.5 * found[place, False]
