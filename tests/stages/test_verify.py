"""Faults of a table's rows, also those that a batch's edge cuts through."""

from pathlib import Path

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.verify import verify_table
from recli.store import open as opening
from recli.tables import CANDIDATES

ROWS = [("u1", "a"), ("u1", "b"), ("u1", "c"), ("u2", "a"), ("u2", "b"), ("u3", "c")]


def verified(rows: list[tuple[str, str, int]], folder: Path) -> str:
    frame = pl.DataFrame(rows, schema=["user_id", "item_id", "rank"], orient="row")
    types = pl.col("rank").cast(pl.Int32), pl.lit(1.0, pl.Float32).alias("score")
    # Provenance keeps a table from being sorted on its way in.
    path = folder / "lists.parquet"
    frame.with_columns(types).write_parquet(path, metadata={"recli": '{"format": 1}'})
    return verify_table(opening.open_table(str(path), CANDIDATES))


@pytest.fixture(params=[1, 2, 3, 100], autouse=True)
def batch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "BATCH", request.param)


def ranked(rows: list[tuple[str, str]]) -> list[tuple[str, str, int]]:
    users = [user for user, _ in rows]
    return [(user, item, users[:at].count(user) + 1) for at, (user, item) in enumerate(rows)]


def test_whole_lists_pass(tmp_path: Path) -> None:
    assert "6 rows" in verified(ranked(ROWS), tmp_path)


def test_an_item_that_comes_twice_to_a_user_is_found(tmp_path: Path) -> None:
    rows = [*ROWS[:5], ("u2", "a"), *ROWS[5:]]
    with pytest.raises(RecliError, match="row 6: the user has this item already"):
        verified(ranked(rows), tmp_path)


def test_a_rank_that_is_left_out_is_found(tmp_path: Path) -> None:
    rows = ranked(ROWS)
    rows[4] = ("u2", "b", 3)
    with pytest.raises(RecliError, match="row 5: ranks do not run"):
        verified(rows, tmp_path)


def test_a_user_who_comes_again_is_found(tmp_path: Path) -> None:
    with pytest.raises(RecliError, match="row 7: it breaks the order"):
        verified(ranked([*ROWS, ("u1", "d")]), tmp_path)
