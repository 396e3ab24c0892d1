"""Sums by segment: its own order first, then that of everybody."""

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels import popular
from recli.kernels.matrix import Training, training

Row = tuple[str, str, float]


def learned(rows: list[Row], labels: dict[str, str | None]) -> Training:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "weight"], orient="row")
    segments = pl.DataFrame({"user_id": list(labels), "label": list(labels.values())})
    return training(frame, labels=segments)


def in_order(data: Training) -> dict[str, list[str]]:
    assert data.labels is not None
    scores = popular.scores(data, data.weights.astype(float))
    orders = [popular.order_of(column, None) for column in scores.T]
    names = ["", *data.labels.names]
    return {
        name: data.items.gather(order).to_list() for name, order in zip(names, orders, strict=True)
    }


def test_a_segments_own_order_stands_against_everybody() -> None:
    rows = [("me", "A", 1.0), ("me", "B", 1.3), *((f"u{n}", "A", 1.0) for n in range(100))]
    assert in_order(learned(rows, {"me": "x"})) == {"": ["A", "B"], "x": ["B", "A"]}


def test_the_order_is_by_segment_and_then_by_everybody() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", f"i{item:02d}", float(weight))
        for user, item, weight in zip(
            rng.integers(0, 30, 200),
            rng.integers(0, 40, 200),
            rng.choice([0.5, 1.0, 1.25], 200),
            strict=True,
        )
    ]
    label = {f"u{user}": ["x", "y", None][user % 3] for user in range(30)}
    found = in_order(learned(rows, label))
    for name in ("x", "y"):
        own = {
            item: sum(w for u, i, w in rows if i == item and label[u] == name)
            for _, item, _ in rows
        }
        overall = {item: sum(w for _, i, w in rows if i == item) for item in own}
        assert found[name] == sorted(own, key=lambda item: (-own[item], -overall[item], item))


def test_sums_that_no_score_can_hold_are_refused() -> None:
    data = learned([("a", "A", 3e38), ("b", "A", 3e38), ("a", "B", 1.0)], {"a": "x"})
    with pytest.raises(RecliError, match="more than a score can hold"):
        popular.sums(data, data.weights.astype(float))
    assert popular.order_of(np.array([6e38, 1.0]), None).tolist() == [1]
