"""Features of candidates against a slow version that walks over every row."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.features.clock import Clock
from recli.kernels import features_counts, features_shown
from recli.kernels.features import Columns, Layout
from recli.kernels.features_columns import describe
from recli.kernels.features_crosses import crossed
from recli.kernels.features_lists import Lists
from recli.kernels.features_table import Catalogue, at_many_moments, at_one_moment, catalogue_ids
from recli.kernels.matrix import numbers
from recli.stages.features import Making, families
from recli.stages.features_block import of_block
from tests.kernels.slow_features import DAY, START, slow


def impressions(events: list[Any]) -> list[Any]:
    """Of chance, and some hours before events: not every one, and some more than once."""
    draw = np.random.default_rng(4)
    shown = [
        {
            "user_id": f"u{draw.integers(0, 9):02d}",
            "item_id": f"i{draw.integers(0, 35):02d}",
            "timestamp": START + int(draw.integers(0, 53 * 24)) * DAY / 24,
        }
        for _ in range(100)
    ]
    for one in events:
        for _ in range(int(draw.integers(0, 3))):
            time = one["timestamp"] - int(draw.integers(0, 3)) * DAY / 24
            shown.append({name: one[name] for name in shown[0]} | {"timestamp": time})
    return shown


def merged(draw: np.random.Generator) -> dict[str, float | None]:
    """Ranks and scores as `merge` writes them: of either source, of both or of none."""
    ranks = [int(rank) or None for rank in draw.integers(0, 4, 2)]
    scores = [rank and 1 / rank for rank in ranks]
    return dict(
        zip(
            ("als_rank", "als_score", "knn_rank", "knn_score"),
            (ranks[0], scores[0], ranks[1], scores[1]),
            strict=True,
        )
    )


SHOWN = -1.0  # in place of a rating, where events are to be shuffled with impressions


@pytest.fixture(scope="module")
def shop() -> dict[str, pl.DataFrame]:
    """Twelve users and thirty items; some of each are unknown to the other tables."""
    draw = np.random.default_rng(3)
    kinds = ["tea", "cups", "cake"]
    items = [
        {
            "item_id": f"i{at:02d}",
            "title": " ".join(draw.choice(["Red", "blue", "POT", "mug", "set"], 3)),
            "kind": None if at == 5 else kinds[at % 3],
            "tags": [str(tag) for tag in draw.choice(["a", "b", "c", "d"], at % 4, replace=False)],
            "price": None if at == 7 else float(at) / 3,
            "released": date(2023, 1, 1) + timedelta(days=at),
        }
        for at in range(30)
    ]
    users = [{"user_id": f"u{at:02d}", "age": 20 + at, "city": "RS"[at % 2]} for at in range(10)]
    events = [
        {
            "user_id": f"u{draw.integers(0, 9):02d}",
            "item_id": f"i{draw.integers(0, 33):02d}",
            "timestamp": START + int(draw.integers(0, 50 * 24)) * DAY / 24,
            "rating": None if draw.random() < 0.2 else float(draw.integers(1, 6)),
        }
        for _ in range(120)
    ]
    offered = [
        {
            "user_id": f"u{user:02d}",
            "item_id": f"i{item:02d}",
            "score": float(draw.integers(0, 8)) if user else 1.0,
            "rank": rank + 1,
            "source": ["als", "knn"][item % 2],
            "extra": float(item),
            **merged(draw),
        }
        for user in range(12)
        for rank, item in enumerate(draw.choice(36, 9, replace=False))
    ]
    numbers = {"score": pl.Float32, "rank": pl.Int32}
    return {
        "items": pl.DataFrame(items),
        "users": pl.DataFrame(users),
        "history": pl.DataFrame(events, schema_overrides={"rating": pl.Float32})
        .with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))
        .sort("user_id", "timestamp", "item_id"),
        "impressions": pl.DataFrame(impressions(events))
        .with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))
        .sort("user_id", "timestamp", "item_id"),
        "candidates": pl.DataFrame(offered, schema_overrides=numbers).sort("user_id", "rank"),
    }


def layout(shop: dict[str, pl.DataFrame]) -> Layout:
    def columns(role: str, *left_out: str) -> Any:
        rows = shop[role].drop(left_out, strict=False)
        return describe([rows], rows.schema, dates=True)

    own = columns("candidates", "user_id", "item_id", "score", "rank", "as_of")
    both = columns("items", "item_id"), columns("users", "user_id")
    many = "as_of" in shop["candidates"].columns
    columns = Columns(own, *both, timed=True, rated=True, many=many, shown=True)
    made = Layout(families(), columns)
    return crossed(made, ("city, items.kind", *["source,hour"] * many))


def known(made: Layout, shop: dict[str, pl.DataFrame]) -> Catalogue:
    now = features_counts.latest([shop["history"]])
    counts = features_counts.tally(shop["history"].iter_slices(50), now)
    if made.columns.shown:
        before = pl.col("timestamp").dt.epoch("us") <= now
        parts = ((one.filter(before), two.filter(before)) for one, two in by_user(shop))
        counts = features_shown.added(counts, parts)
    return at_one_moment(made, counts, shop["items"], now)


def by_user(shop: dict[str, pl.DataFrame]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Each user's impressions and clicks."""
    for shown in shop["impressions"].partition_by("user_id"):
        whose = pl.col("user_id") == shown["user_id"][0]
        yield shown, features_shown.clicked(shown, shop["history"].filter(whose), timed=True)


def known_at_any_moment(made: Layout, shop: dict[str, pl.DataFrame]) -> Catalogue:
    events = shop["history"]
    shown, clicks = (
        pl.concat(frames).select("item_id", "timestamp")
        for frames in zip(*by_user(shop), strict=True)
    )
    ids = catalogue_ids(pl.concat([events["item_id"], shown["item_id"]]), shop["items"])
    ratings = events["rating"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    times = events["timestamp"].dt.epoch("us").to_numpy()
    items = numbers(events["item_id"], ids)
    every = features_counts.timeline(items, times, ratings, len(ids) + 1)
    looked_up = features_shown.Shown.of(shown, clicks, ids)
    return at_many_moments(made, ids, every, shop["items"], shown=looked_up)


def table(shop: dict[str, pl.DataFrame], threads: int = 1) -> tuple[tuple[str, ...], Any]:
    made = layout(shop)
    rows = of_block(Making(made, known(made, shop), ()), shop)
    parts = [rows.features(users, threads) for users in rows.runs(40)]
    return made.names, np.concatenate(parts)


def test_every_feature_is_that_of_the_slow_version(shop: dict[str, pl.DataFrame]) -> None:
    sources = Counter(shop["candidates"]["source"])
    assert sources["als"] >= sources["knn"]
    names, found = table(shop)
    assert len(names) == len(set(names)) == found.shape[1]
    for at, row in enumerate(shop["candidates"].to_dicts()):
        plain = slow(row, shop)
        assert set(plain) == set(names)
        expected = np.array([plain[name] for name in names], np.float32)
        np.testing.assert_allclose(found[at], expected, rtol=2e-6, atol=1e-6, err_msg=str(row))


def moments(shop: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Each user's candidates as of three moments of her own, one of them that of an event."""
    times = shop["history"]["timestamp"].sort()
    user = pl.col("user_id").str.slice(1).cast(pl.Int64)
    at = times.gather(range(0, len(times), 7))
    three = (pl.col("rank") - 1) // 3
    asked = shop["candidates"].with_columns(as_of=pl.lit(at).gather((user * 3 + three) % len(at)))
    return shop | {"candidates": asked.sort("user_id", "as_of", "rank")}


def test_every_feature_at_a_moment_is_that_of_the_slow_version_on_what_was_before(
    shop: dict[str, pl.DataFrame],
) -> None:
    asked = moments(shop)
    made = layout(asked)
    rows = of_block(Making(made, known_at_any_moment(made, asked), ()), asked)
    found = np.concatenate([rows.features(run, 2) for run in rows.runs(40)])
    events = asked["history"]
    for at, row in enumerate(asked["candidates"].to_dicts()):
        before = events.filter(pl.col("timestamp") < row["as_of"])
        same = pl.col("as_of") == row["as_of"]
        world = asked | {"history": before, "candidates": asked["candidates"].filter(same)}
        world["impressions"] = asked["impressions"].filter(pl.col("timestamp") < row["as_of"])
        plain = slow(row, world, row["as_of"])
        expected = np.array([plain[name] for name in made.names], np.float32)
        np.testing.assert_allclose(found[at], expected, rtol=2e-6, atol=1e-6, err_msg=str(row))


def test_no_future_event_changes_any_feature(shop: dict[str, pl.DataFrame]) -> None:
    asked = moments(shop)
    made = layout(asked)
    cut = asked["candidates"]["as_of"].sort()[asked["candidates"].height // 2]
    here = asked["candidates"].filter(pl.col("as_of") == cut)
    draw = np.random.default_rng(0)

    def features(events: pl.DataFrame) -> bytes:
        events = events.sort("user_id", "timestamp", "item_id")
        was_shown = pl.col("rating").eq_missing(SHOWN)
        world = asked | {
            "history": events.filter(~was_shown),
            "impressions": events.filter(was_shown),
            "candidates": here,
        }
        rows = of_block(Making(made, known_at_any_moment(made, world), ()), world)
        return rows.features(slice(0, len(rows.users)), 1).tobytes()

    shown = asked["impressions"].with_columns(rating=pl.lit(SHOWN, pl.Float32))
    every = pl.concat([asked["history"], shown])
    whole = features(every)
    future = every.filter(pl.col("timestamp") >= cut)
    past = every.filter(pl.col("timestamp") < cut)
    assert future.height > 20 < past.height
    for _ in range(5):
        shift = pl.Series(draw.integers(0, 10**12, future.height)).cast(pl.Duration("us"))
        moved = future.with_columns(
            pl.col("timestamp") + shift,
            pl.col("item_id").shuffle(int(draw.integers(1000))),
            pl.col("user_id").shuffle(int(draw.integers(1000))),
            pl.col("rating").shuffle(int(draw.integers(1000))),
        )
        assert features(pl.concat([past, moved])) == whole
    assert features(past) == whole
    assert features(future) != whole


def test_threads_and_runs_change_no_bit(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    rows = of_block(Making(made, known(made, shop), ()), shop)
    whole = rows.features(slice(0, len(rows.users)), 3)
    assert whole.tobytes() == table(shop, threads=2)[1].tobytes()


def test_a_user_has_the_same_features_alone(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    alone = pl.col("user_id") == "u04"
    block = {
        role: rows.filter(alone) if "user_id" in rows.columns else rows
        for role, rows in shop.items()
    }
    rows = of_block(Making(made, known(made, shop), ()), block)
    here = shop["candidates"].select(alone).to_series().to_numpy()
    assert rows.features(slice(0, 1), 1).tobytes() == table(shop)[1][here].tobytes()


def test_without_timestamps_there_are_no_features_of_time(shop: dict[str, pl.DataFrame]) -> None:
    rows = shop["items"].drop("item_id")
    columns = describe([rows], rows.schema, dates=False)
    made = Layout(families(), Columns(items=columns))
    history = shop["history"].drop("timestamp", "rating")
    seen = at_one_moment(made, features_counts.tally([history], None), shop["items"], None)
    block = {"candidates": shop["candidates"], "history": history}
    made_rows = of_block(Making(made, seen, ()), block)
    found = made_rows.features(slice(0, len(made_rows.users)), 1)
    assert not any("days" in name or "recent" in name or "_7d" in name for name in made.names)
    assert "items.released" not in made.names
    full_names, full = table(shop)
    here = [full_names.index(name) for name in made.names]
    assert found.tobytes() == np.ascontiguousarray(full[:, here]).tobytes()


def test_no_candidates_have_no_features(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    block = {role: rows.clear() if role != "items" else rows for role, rows in shop.items()}
    rows = of_block(Making(made, known(made, shop), ()), block)
    assert len(rows.users) == 0
    assert list(rows.runs()) == []


def test_a_season_is_three_months_and_december_begins_the_first() -> None:
    months = np.arange("2023-01", "2025-01", dtype="datetime64[M]").astype("datetime64[us]")
    last = (months[1:] - 1).astype(np.int64)
    none, late = np.zeros(0, np.float32), np.zeros(len(last), np.int64)
    longs, ints = none.astype(np.int64), none.astype(np.int32)
    lists = Lists(late, ints, none, ints, last, late, late, ints, longs, none)
    columns = Columns(timed=True, many=True)
    found = Clock().table(columns, None, lists, pl.DataFrame())
    season = found[:, Clock().names(columns).index("season")]
    assert season.tolist() == ([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0] * 2)[:23]
