"""Negatives: never what is known to be liked, drawn as often as their chance says."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels import sampling
from recli.kernels.sampling import Positives
from recli.stages import sample_negatives
from recli.stages.sample_strategy import parsed
from recli.store.blocks import blocks
from recli.store.open import Table, open_table
from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, SIMILAR

CONTRACTS = {
    "positives": INTERACTIONS,
    "history": INTERACTIONS,
    "items": ITEMS,
    "impressions": PAIRS,
    "candidates": CANDIDATES,
    "similar": SIMILAR,
}
USERS, ITEMS_ = 40, 30
DAY = 86_400_000_000


@pytest.fixture
def log(tmp_path: Path) -> dict[str, Table]:
    draw = np.random.default_rng(0)
    items = np.minimum(draw.exponential(6, (USERS, 12)).astype(int), ITEMS_ - 1)
    rows = pl.DataFrame(
        {
            "user_id": [f"u{user:02d}" for user in range(USERS) for _ in range(12)],
            "item_id": [f"i{item:02d}" for item in items.ravel()],
            "timestamp": pl.Series(list(range(12)) * USERS) * DAY,
        }
    ).with_columns(pl.col("timestamp").cast(pl.Datetime("us", "UTC")))
    late = pl.col("timestamp").dt.epoch("us") >= 8 * DAY
    every = pl.DataFrame({"item_id": [f"i{item:02d}" for item in range(ITEMS_)]})
    return {
        "positives": stored(tmp_path, "positives", rows.filter(late)),
        "history": stored(tmp_path, "history", rows.filter(~late)),
        "items": stored(tmp_path, "items", every),
    }


def stored(folder: Path, role: str, rows: pl.DataFrame) -> Table:
    path = folder / f"{role}.parquet"
    rows.write_parquet(path)
    return open_table(str(path), CONTRACTS[role])


def made(
    tables: dict[str, Table],
    strategy: str,
    users: int = 10_000,
    exponent: float = 0.75,
    **told: Any,
) -> pl.DataFrame:
    build = sample_negatives.build(
        tables, parsed(strategy, exponent=exponent), sample_negatives.Choices(**told)
    )
    by_user = ("history", "impressions", "candidates")
    beside = {role: table for role, table in tables.items() if role in by_user}
    stage, cut = build(), blocks(("positives", tables["positives"]), beside, users=users)
    return pl.concat([stage(block).rows for block in cut])


def lists(folder: Path, first: int = 0) -> Table:
    """Every item for everybody, in the order of the catalogue."""
    rows = pl.DataFrame(
        {
            "user_id": [f"u{user:02d}" for user in range(USERS) for _ in range(ITEMS_)],
            "item_id": [f"i{item:02d}" for _ in range(USERS) for item in range(ITEMS_)],
            "score": np.tile(-np.arange(ITEMS_, dtype=np.float32), USERS),
            "rank": np.tile(np.arange(1, ITEMS_ + 1, dtype=np.int32), USERS),
        }
    )
    return stored(folder, "candidates", rows.filter(pl.col("rank") > first))


@pytest.mark.parametrize("strategy", ["uniform", "popularity", "in-batch", "mix 1 uniform 3 hard"])
def test_no_negative_is_known_to_be_liked_and_positives_stand_once(
    log: dict[str, Table], tmp_path: Path, strategy: str
) -> None:
    tables = log | ({"candidates": lists(tmp_path)} if "hard" in strategy else {})
    found = made(tables, strategy)
    both = [tables[role].read(["user_id", "item_id"]) for role in ("positives", "history")]
    drawn = found.filter(pl.col("label") == 0)
    assert drawn.height > 100
    assert drawn.join(pl.concat(both), on=["user_id", "item_id"], how="semi").is_empty()
    assert not found.select("user_id", "as_of", "item_id").is_duplicated().any()
    old = both[1].unique()
    new = both[0].unique().join(old, on=["user_id", "item_id"], how="anti")
    taken = found.filter(pl.col("label") == 1).select("user_id", "item_id")
    assert taken.sort("user_id", "item_id").equals(new.sort("user_id", "item_id"))


def test_repeats_are_positives_only_when_asked_for(log: dict[str, Table]) -> None:
    every = made(log, "uniform", repeats=True).filter(pl.col("label") == 1)
    assert every.height == log["positives"].rows


@pytest.mark.parametrize(
    "strategy", ["uniform", "popularity", "in-batch", "hard", "shown", "mix 3 uniform 1 hard"]
)
def test_items_are_drawn_as_often_as_log_q_says(strategy: str) -> None:
    draw, rows = np.random.default_rng(0), 60_000
    items = draw.choice(8, rows, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.03, 0.02]).astype(np.int32)
    near = np.array([0, 3, 5]), np.array([1, 2, 6, 4, 7], np.int32)
    positives = Positives(
        np.zeros(rows, np.int64),
        items,
        np.bincount(items, minlength=8).astype(np.float64),
        (np.array([0, 3]), np.array([0, 4, 5], np.int32)),
        near,
        np.arange(rows) % 2,
    )
    way = parsed(strategy, exponent=0.5, batch=rows)
    pools = [sampler.pool(positives) for _, sampler in way.samplers]
    nothing = np.zeros(2, np.int64), np.zeros(0, np.int32)
    states = draw.integers(0, 1 << 60, rows)
    found, _ = sampling.drawn(pools, way.shares, positives, nothing, states, 1)
    for group in (0, 1):
        own = np.flatnonzero(positives.near_groups == group)
        shares = np.bincount(found[own, 0], minlength=8) / len(own)
        asked = np.full(8, own[0]), np.arange(8, dtype=np.int32)
        chances = np.exp(sampling.log_chance(pools, way.shares, *asked))
        assert chances.sum() == pytest.approx(1)
        np.testing.assert_allclose(shares, chances, atol=4 * 0.5 / len(own) ** 0.5)


def test_what_was_shown_is_drawn_from_impressions_alone(
    log: dict[str, Table], tmp_path: Path
) -> None:
    shown = pl.DataFrame({"user_id": ["u00", "u00", "u01"], "item_id": ["i28", "i29", "i27"]}).sort(
        "user_id"
    )
    found = made(log | {"impressions": stored(tmp_path, "impressions", shown)}, "shown", ratio=2)
    drawn = found.filter(pl.col("label") == 0)
    assert set(drawn.select("user_id", "item_id").unique().rows()) <= set(shown.rows())
    assert drawn["user_id"].n_unique() == 2
    assert np.allclose(np.exp(drawn.filter(pl.col("user_id") == "u00")["log_q"]), 0.5)


def test_hard_ones_are_the_first_of_the_list_or_near_the_positive(
    log: dict[str, Table], tmp_path: Path
) -> None:
    found = made(log | {"candidates": lists(tmp_path)}, "hard", depth=9, ratio=1)
    assert set(found.filter(pl.col("label") == 0)["item_id"]) <= {f"i{at:02d}" for at in range(9)}
    ids = [f"i{at:02d}" for at in range(ITEMS_)]
    near = pl.DataFrame(
        {
            "item_id": ids,
            "similar_item_id": [*ids[1:], ids[0]],
            "score": np.ones(ITEMS_, np.float32),
            "rank": np.ones(ITEMS_, np.int32),
        }
    )
    found = made(log | {"similar": stored(tmp_path, "similar", near)}, "hard", ratio=1)
    after = dict(zip(near["item_id"], near["similar_item_id"], strict=True))
    for rows in found.partition_by("user_id", "as_of"):
        chosen = set(rows.filter(pl.col("label") == 1)["item_id"])
        drawn = set(rows.filter(pl.col("label") == 0)["item_id"])
        assert drawn <= {after[item] for item in chosen}


def test_the_same_is_drawn_whoever_else_is_there_and_another_seed_draws_others(
    log: dict[str, Table], tmp_path: Path
) -> None:
    whole, cut = made(log, "uniform"), made(log, "uniform", users=7)
    assert whole.equals(cut)
    assert not made(log, "uniform", seed=1).equals(whole)


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        ("unifrom", "no way to draw"),
        ("mix", "no way to draw"),
        ("mix 1 uniform x hard", "no way to draw"),
        ("mix 1 uniform 1 uniform", "no way to draw"),
        ("uniform hard", "no way to draw"),
        ("mix -1 uniform 2 popularity", "no way to draw"),
        ("shown", "--impressions"),
        ("hard", "--candidates TABLE or --similar TABLE"),
    ],
)
def test_a_strategy_that_is_none_or_has_no_table_is_refused(
    log: dict[str, Table], strategy: str, message: str
) -> None:
    with pytest.raises(RecliError, match=message):
        made(log, strategy)


def test_a_table_that_nothing_is_drawn_from_is_refused(
    log: dict[str, Table], tmp_path: Path
) -> None:
    with pytest.raises(RecliError, match="nothing is drawn from --candidates"):
        made(log | {"candidates": lists(tmp_path)}, "uniform")
