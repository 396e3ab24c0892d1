"""A shop with a planted rule, and a ranker that learned from it."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.conftest import Command

DAY = 86_400_000_000
USERS, ITEMS, LISTED, KINDS = 240, 150, 30, 5
QUICK = ("--trees", 60, "--min-leaf", 10, "--quiet")
TABLES = ("--items", "items.parquet", "--users", "users.parquet")
TRAIN = ("train-lambdamart", "candidates.parquet", "--labels", "labels.parquet")
PAST = ("--history", "history.parquet")


def numbered(letter: str, numbers: Any) -> pl.Series:
    return pl.Series([f"{letter}{number:03d}" for number in numbers])


def events(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    users, items, days = zip(*rows, strict=True)
    times = pl.Series([day * DAY for day in days]).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(
        {"user_id": numbered("u", users), "item_id": numbered("i", items), "timestamp": times}
    )
    return frame.sort("user_id", "timestamp", "item_id")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users who go on choosing the kind they chose before, and lists in an order of chance."""
    folder = tmp_path_factory.mktemp("shop")
    draw = np.random.default_rng(1)
    kinds, likes = draw.integers(0, KINDS, ITEMS), draw.integers(0, KINDS, USERS)
    past, later, lists = [], [], []
    for user in range(USERS):
        mine = np.flatnonzero(kinds == likes[user])
        past += [(user, int(item), day) for day, item in enumerate(draw.choice(mine, 4))]
        listed = draw.choice(ITEMS, LISTED, replace=False)
        liked = kinds[listed] == likes[user]
        later += [(user, int(item), 9) for item in listed[liked & (draw.random(LISTED) < 0.8)]]
        lists += [(user, int(item), LISTED - at, at + 1) for at, item in enumerate(listed)]
    events(past).write_parquet(folder / "history.parquet")
    events([row for row in later if row[0] % 2]).write_parquet(folder / "labels.parquet")
    events(later).write_parquet(folder / "truth.parquet")
    users, items, scores, ranks = map(np.array, zip(*lists, strict=True))
    pl.DataFrame(
        {
            "user_id": numbered("u", users),
            "item_id": numbered("i", items),
            "score": scores.astype(np.float32),
            "rank": ranks.astype(np.int32),
            "source": ["als"] * len(users),
            "why": numbered("because ", ranks),
        }
    ).write_parquet(folder / "candidates.parquet")
    pl.DataFrame(
        {"item_id": numbered("i", range(ITEMS)), "kind": [f"k{kind}" for kind in kinds]}
    ).with_columns(price=pl.int_range(pl.len()).cast(pl.Float64)).write_parquet(
        folder / "items.parquet"
    )
    pl.DataFrame(
        {"user_id": numbered("u", range(USERS)), "age": draw.integers(20, 60, USERS)}
    ).write_parquet(folder / "users.parquet")
    return folder


@pytest.fixture(scope="module")
def ranker(planted: Path, recli: Command) -> Path:
    recli(*TRAIN, *PAST, *TABLES, "-o", "ranker.model", *QUICK, cwd=planted)
    return planted / "ranker.model"


@pytest.fixture
def work(planted: Path, ranker: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planted, tmp_path / "work"))


def ranked(recli: Command, work: Path, *more: object) -> pl.DataFrame:
    line = ("rank", "ranker.model", "candidates.parquet", *PAST, *TABLES, "-o", "out.parquet")
    recli(*line, *more, cwd=work)
    return pl.read_parquet(work / "out.parquet")
