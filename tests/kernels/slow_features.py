"""Features of one candidate, written as plainly as they can be told: the slow version."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
Row = dict[str, Any]
Shop = dict[str, pl.DataFrame]


def slow(row: Row, shop: Shop, now: datetime | None = None) -> Row:
    """Every feature of a candidate, by name, from a history of what was before `now`."""
    at = now or shop["history"]["timestamp"].max()
    found = (
        item_features(row["item_id"], shop, at)
        | user_features(row["user_id"], shop, at)
        | session_features(row["user_id"], shop, at)
        | taste_features(row["user_id"], shop, at)
        | (clock_features(at) if now else {})
        | pair_features(row, shop, at)
        | band_features(row, shop)
        | source_features(row, shop)
    )
    found["users.city*items.kind"] = found["users.city"] * 3 + found["items.kind"]
    return found | (
        {"candidates.source*hour": found["candidates.source"] * 24 + at.hour} if now else {}
    )


def clock_features(now: Any) -> Row:
    begun = datetime(now.year, 1, 1, tzinfo=UTC)
    return {
        "hour": now.hour,
        "weekday": now.weekday(),
        "season": {12: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2}.get(now.month, 3),
        "year_part": (now - begun) / (datetime(now.year + 1, 1, 1, tzinfo=UTC) - begun),
    }


def session_features(user: str, shop: Shop, now: Any) -> Row:
    events = [event for event in shop["history"].to_dicts() if event["user_id"] == user]
    times = sorted(event["timestamp"] for event in events)
    sessions: list[list[Any]] = []
    for time in times:
        if not sessions or time - sessions[-1][-1] > timedelta(minutes=30):
            sessions.append([])
        sessions[-1].append(time)
    near = [time for time in times if (time.hour - now.hour) % 24 in (23, 0, 1)]
    going_on = sessions and now - sessions[-1][-1] <= timedelta(minutes=30)
    gaps = days(sessions[-1][0] - sessions[0][0]) if len(sessions) > 1 else math.nan
    return {
        "user_sessions": len(sessions),
        "user_gap_days": share(gaps, len(sessions) - 1),
        "user_hour_share": share(len(near), len(times)),
        "session_events": len(sessions[-1]) if going_on else 0,
    }


def taste_features(user: str, shop: Shop, now: Any) -> Row:
    every = shop["history"].to_dicts()
    events = [event for event in every if event["user_id"] == user]
    items = [event["item_id"] for event in events]
    times = sorted({event["timestamp"] for event in events})
    pauses = [days(later - sooner) for sooner, later in pairwise(times)]
    taken = [sum(event["item_id"] == item for event in every) / len(every) for item in items]
    carry = carried(shop)
    found = {
        "user_repeat_share": 1 - share(len(set(items)), len(items)),
        "user_pause_days": np.mean(pauses) if pauses else math.nan,
        "user_pause_median_days": np.median(pauses) if pauses else math.nan,
        "user_pause_deviation_days": np.std(pauses) if pauses else math.nan,
        "user_quiet_pauses": days(now - times[-1]) / np.median(pauses) if pauses else math.nan,
        "user_mainstream": np.mean(taken) if items else math.nan,
    }
    for kind in ("kind", "tags"):
        values = Counter(value for item in items for value in carry[kind].get(item, ()))
        shares = [count / values.total() for count in values.values()]
        entropy = -sum(one * math.log(one) for one in shares)
        found[f"user_entropy.{kind}"] = entropy if values else math.nan
    return found


def band_features(row: Row, shop: Shop) -> Row:
    prices = dict(shop["items"].select("item_id", "price").rows())
    known = sorted(price for price in prices.values() if price is not None)
    edges = [np.quantile(known, part / 5) for part in (1, 2, 3, 4)]
    events = shop["history"].filter(pl.col("user_id") == row["user_id"])["item_id"]
    mine = [price for item in events if (price := prices.get(item)) is not None]
    price = prices.get(row["item_id"])
    if price is None or not mine:
        return {"band.price": math.nan, "band.price.deviation": math.nan}
    bands = [sum(edge <= one for edge in edges) for one in (price, *mine)]
    squares = sum((one - np.mean(mine)) ** 2 for one in mine) + np.var(known)
    return {
        "band.price": bands[1:].count(bands[0]) / len(mine),
        "band.price.deviation": (price - np.mean(mine)) / math.sqrt(squares / (len(mine) + 1)),
    }


def source_features(row: Row, shop: Shop) -> Row:
    mine = [other for other in shop["candidates"].to_dicts() if other["user_id"] == row["user_id"]]
    ranks = [row[name] for name in ("als_rank", "knn_rank") if row[name] is not None]
    return {
        "sources": len(ranks),
        "source_rank.best": min(ranks, default=math.nan),
        "source_rank.mean": np.mean(ranks) if ranks else math.nan,
        "source_rank.worst": max(ranks, default=math.nan),
        "source_rank.gap": max(ranks) - min(ranks) if ranks else math.nan,
        **{
            f"candidates.{source}_{kind}": math.nan if value is None else value
            for source in ("als", "knn")
            for kind in ("rank", "score")
            for value in [row[f"{source}_{kind}"]]
        },
        **{
            f"source_score.{source}": deviation(row[column], [other[column] for other in mine])
            for source in ("als", "knn")
            for column in [f"{source}_score"]
        },
    }


def deviation(value: float | None, others: list[float | None]) -> float:
    known = [other for other in others if other is not None]
    if not known:
        return math.nan
    off = (min(known) if value is None else value) - np.mean(known)
    return float(off / np.std(known)) if len(set(known)) > 1 else 0.0


def days(span: timedelta) -> float:
    return span / DAY


def share(count: float, total: float) -> float:
    return count / total if total else math.nan


def item_features(item: str, shop: Shop, now: Any) -> Row:
    events = shop["history"].to_dicts()
    own = [event for event in events if event["item_id"] == item]
    found: Row = {"item_popularity": len(own) / max(len(events), 1)}
    for window in (1, 7, 30):
        every = [event for event in events if now - event["timestamp"] < window * DAY]
        recent = [event for event in every if event["item_id"] == item]
        found[f"item_popularity_{window}d"] = len(recent) / max(len(every), 1)
    times = [event["timestamp"] for event in own]
    rated = [event["rating"] for event in own if event["rating"] is not None]
    found["item_trend"] = share(found["item_popularity_7d"], found["item_popularity"])
    found["item_age_days"] = days(now - min(times)) if own else math.nan
    found["item_quiet_days"] = days(now - max(times)) if own else math.nan
    ratings = [event["rating"] for event in events if event["rating"] is not None]
    drawn = sum(rated) + 5 * share(sum(ratings), len(ratings))
    found["item_rating"], found["item_ratings"] = drawn / (len(rated) + 5), len(rated)
    shown, clicks = shown_and_clicked(shop, now)
    rate = share(sum(clicks.values()), sum(shown.values()))
    found["item_click_rate"] = (clicks[item] + 20 * rate) / (shown[item] + 20)
    found["item_impressions"] = shown[item]
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


def shown_and_clicked(shop: Shop, now: Any) -> tuple[Counter[str], Counter[str]]:
    """Impressions, and those with an event of the pair before its next impression, by item."""
    shown: Counter[str] = Counter()
    clicks: Counter[str] = Counter()
    pairs: dict[tuple[str, str], list[Any]] = {}
    for user, item, time in shop["impressions"].rows():
        if time <= now:
            pairs.setdefault((user, item), []).append(time)
    events = shop["history"].select("user_id", "item_id", "timestamp").rows()
    for (user, item), times in pairs.items():
        met = [time for one, other, time in events if (one, other) == (user, item)]
        shown[item] += len(times)
        ends = [*sorted(times)[1:], datetime.max.replace(tzinfo=UTC)]
        for begin, end in zip(sorted(times), ends, strict=True):
            clicks[item] += any(begin <= time < end for time in met)
    return shown, clicks


def user_features(user: str, shop: Shop, now: Any) -> Row:
    events = shop["history"].to_dicts()
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


def carried(shop: Shop) -> dict[str, dict[str, dict[str, float]]]:
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


def pair_features(row: Row, shop: Shop, now: Any) -> Row:
    mine = [other for other in shop["candidates"].to_dicts() if other["user_id"] == row["user_id"]]
    scores = [other["score"] for other in mine]
    spread = max(scores) - min(scores)
    events = [event for event in shop["history"].to_dicts() if event["user_id"] == row["user_id"]]
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
        "seen_days_ago": days(now - max(met)) if met else math.nan,
        **{
            f"affinity.{kind}{'.recent' * recent}": affinity(
                kind, row, carry, events, recent=recent
            )
            for kind in carry
            for recent in (False, True)
        },
    }
