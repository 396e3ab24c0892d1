"""Features of candidates against a slow version that walks over every row."""

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.kernels import features_items
from recli.kernels.features import Catalogue, Layout, catalogue
from recli.kernels.features_columns import describe
from recli.stages.features import of_block

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Row = dict[str, Any]


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
        "candidates": pl.DataFrame(offered, schema_overrides=numbers).sort("user_id", "rank"),
    }


def layout(shop: dict[str, pl.DataFrame]) -> Layout:
    def columns(role: str, *left_out: str) -> Any:
        rows = shop[role].drop(left_out)
        return describe([rows], rows.schema, dates=True)

    own = columns("candidates", "user_id", "item_id", "score", "rank")
    return Layout(own, columns("items", "item_id"), columns("users", "user_id"), True, True)


def known(made: Layout, shop: dict[str, pl.DataFrame]) -> Catalogue:
    now = features_items.latest([shop["history"]])
    counts = features_items.tally(shop["history"].iter_slices(50), now)
    return catalogue(made, counts, shop["items"], now)


def table(shop: dict[str, pl.DataFrame], threads: int = 1) -> tuple[tuple[str, ...], Any]:
    made = layout(shop)
    rows = of_block(made, known(made, shop), shop)
    parts = [rows.features(users, threads) for users in rows.runs(40)]
    return made.names, np.concatenate(parts)


def days(span: timedelta) -> float:
    return span / DAY


def share(count: float, total: float) -> float:
    return count / total if total else math.nan


def item_features(item: str, shop: dict[str, pl.DataFrame]) -> Row:
    events = shop["history"].to_dicts()
    now = max(event["timestamp"] for event in events)
    own = [event for event in events if event["item_id"] == item]
    found: Row = {"item_popularity": len(own) / len(events)}
    for window in (1, 7, 30):
        every = [event for event in events if now - event["timestamp"] < window * DAY]
        recent = [event for event in every if event["item_id"] == item]
        found[f"item_popularity_{window}d"] = len(recent) / len(every)
    times = [event["timestamp"] for event in own]
    rated = [event["rating"] for event in own if event["rating"] is not None]
    found["item_trend"] = share(found["item_popularity_7d"], found["item_popularity"])
    found["item_age_days"] = days(now - min(times)) if own else math.nan
    found["item_quiet_days"] = days(now - max(times)) if own else math.nan
    found["item_rating"] = share(sum(rated), len(rated))
    rows = {row["item_id"]: row for row in shop["items"].to_dicts()}
    row = rows.get(item, {})
    counts = Counter(row["kind"] for row in rows.values() if row["kind"])
    order = sorted(counts, key=lambda kind: (-counts[kind], kind))
    codes = {kind: at for at, kind in enumerate(order)}
    found["items.kind"] = codes.get(row.get("kind"), math.nan)
    found["items.price"] = math.nan if row.get("price") is None else row["price"]
    found["items.tags.count"] = len(row["tags"]) if row else math.nan
    for tag in "abcd":
        found[f"items.tags={tag}"] = float(tag in row["tags"]) if row else math.nan
    released = datetime.combine(row["released"], datetime.min.time(), UTC) if row else now
    found["items.released"] = days(now - released) if row else math.nan
    return found


def user_features(user: str, shop: dict[str, pl.DataFrame]) -> Row:
    events = shop["history"].to_dicts()
    now = max(event["timestamp"] for event in events)
    own = [event for event in events if event["user_id"] == user]
    times = [event["timestamp"] for event in own]
    rated = [event["rating"] for event in own if event["rating"] is not None]
    row = next((row for row in shop["users"].to_dicts() if row["user_id"] == user), {})
    return {
        "user_events": len(own),
        "user_items": len({event["item_id"] for event in own}),
        "user_events_30d": sum(now - time < 30 * DAY for time in times),
        "user_span_days": days(max(times) - min(times)) if own else math.nan,
        "user_quiet_days": days(now - max(times)) if own else math.nan,
        "user_rating": share(sum(rated), len(rated)),
        "users.age": row.get("age", math.nan),
        "users.city": {"R": 0, "S": 1}.get(row.get("city", ""), math.nan),
    }


def carried(shop: dict[str, pl.DataFrame]) -> dict[str, dict[str, dict[str, float]]]:
    """What each item carries, by kind of affinity: value to weight."""
    rows = shop["items"].to_dicts()
    spread = Counter(word for row in rows for word in set(row["title"].lower().split()))
    words = {}
    for row in rows:
        counts = Counter(row["title"].lower().split())
        weights = {
            word: count * math.log(len(rows) / spread[word])
            for word, count in counts.items()
            if spread[word] > 1
        }
        length = math.sqrt(sum(weight**2 for weight in weights.values()))
        words[row["item_id"]] = {word: weight / length for word, weight in weights.items()}
    return {
        "kind": {row["item_id"]: {row["kind"]: 1.0} if row["kind"] else {} for row in rows},
        "tags": {row["item_id"]: dict.fromkeys(row["tags"], 1.0) for row in rows},
        "words": words,
    }


def affinity(kind: str, row: Row, carry: Any, events: list[Row], *, recent: bool) -> float:
    target = carry[kind].get(row["item_id"], {})
    newest = max((event["timestamp"] for event in events), default=START)
    profile: Counter[str] = Counter()
    norm = 0.0
    for event in events:
        weight = 0.5 ** (days(newest - event["timestamp"]) / 30) if recent else 1.0
        values = carry[kind].get(event["item_id"], {})
        for value, amount in values.items():
            profile[value] += weight * amount  # type: ignore[assignment]
        norm += weight if values else 0.0
    if kind == "words":
        norm = math.sqrt(sum(value**2 for value in profile.values()))
        total = sum(profile[value] * amount for value, amount in target.items())
    else:
        total = sum(profile[value] for value in target) / max(len(target), 1)
    return total / norm if norm and target else math.nan


def pair_features(row: Row, shop: dict[str, pl.DataFrame]) -> Row:
    mine = [other for other in shop["candidates"].to_dicts() if other["user_id"] == row["user_id"]]
    scores = [other["score"] for other in mine]
    spread = max(scores) - min(scores)
    events = [event for event in shop["history"].to_dicts() if event["user_id"] == row["user_id"]]
    now = shop["history"]["timestamp"].max()
    met = [event["timestamp"] for event in events if event["item_id"] == row["item_id"]]
    carry = carried(shop)
    return {
        "retrieval_score": row["score"],
        "retrieval_rank": row["rank"],
        "retrieval_place": (row["score"] - min(scores)) / spread if spread else 0.0,
        "retrieval_deviation": (row["score"] - np.mean(scores)) / np.std(scores) if spread else 0.0,
        "list_length": len(mine),
        "candidates.source": {"als": 0, "knn": 1}[row["source"]],
        "candidates.extra": row["extra"],
        "seen_events": len(met),
        "seen_days_ago": days(now - max(met)) if met else math.nan,  # type: ignore[operator]
        **{
            f"affinity.{kind}{'.recent' * recent}": affinity(
                kind, row, carry, events, recent=recent
            )
            for kind in carry
            for recent in (False, True)
        },
    }


def test_every_feature_is_that_of_the_slow_version(shop: dict[str, pl.DataFrame]) -> None:
    sources = Counter(shop["candidates"]["source"])
    assert sources["als"] >= sources["knn"]
    names, found = table(shop)
    assert len(names) == len(set(names)) == found.shape[1]
    for at, row in enumerate(shop["candidates"].to_dicts()):
        slow = (
            item_features(row["item_id"], shop)
            | user_features(row["user_id"], shop)
            | pair_features(row, shop)
        )
        assert set(slow) == set(names)
        expected = np.array([slow[name] for name in names], np.float32)
        np.testing.assert_allclose(found[at], expected, rtol=2e-6, atol=1e-6, err_msg=str(row))


def test_threads_and_runs_change_no_bit(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    rows = of_block(made, known(made, shop), shop)
    whole = rows.features(slice(0, len(rows.users)), 3)
    assert whole.tobytes() == table(shop, threads=2)[1].tobytes()


def test_a_user_has_the_same_features_alone(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    alone = pl.col("user_id") == "u04"
    block = {
        role: rows.filter(alone) if "user_id" in rows.columns else rows
        for role, rows in shop.items()
    }
    rows = of_block(made, known(made, shop), block)
    here = shop["candidates"].select(alone).to_series().to_numpy()
    assert rows.features(slice(0, 1), 1).tobytes() == table(shop)[1][here].tobytes()


def test_without_timestamps_there_are_no_features_of_time(shop: dict[str, pl.DataFrame]) -> None:
    rows = shop["items"].drop("item_id")
    columns = describe([rows], rows.schema, dates=False)
    made = Layout((), columns, (), timed=False, rated=False)
    history = shop["history"].drop("timestamp", "rating")
    seen = catalogue(made, features_items.tally([history], None), shop["items"], None)
    block = {"candidates": shop["candidates"], "history": history}
    made_rows = of_block(made, seen, block)
    found = made_rows.features(slice(0, len(made_rows.users)), 1)
    assert not any("days" in name or "recent" in name or "_7d" in name for name in made.names)
    assert "items.released" not in made.names
    full_names, full = table(shop)
    here = [full_names.index(name) for name in made.names]
    assert found.tobytes() == np.ascontiguousarray(full[:, here]).tobytes()


def test_no_candidates_have_no_features(shop: dict[str, pl.DataFrame]) -> None:
    made = layout(shop)
    block = {role: rows.clear() if role != "items" else rows for role, rows in shop.items()}
    rows = of_block(made, known(made, shop), block)
    assert len(rows.users) == 0
    assert list(rows.runs()) == []
