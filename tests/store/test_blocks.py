"""Blocks hold whole users, and tables beside them come in step."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.store import blocks as cutting
from recli.store.groups import regrouped
from recli.store.open import open_table
from recli.store.provenance import Provenance
from recli.store.write import Output
from recli.tables import INTERACTIONS

Sizes = st.lists(st.integers(0, 5), min_size=1, max_size=12)


def table(folder: Path, name: str, sizes: list[int]):
    users = [f"u{user:02d}" for user, size in enumerate(sizes) for _ in range(size)]
    rows = pl.DataFrame(
        {"user_id": users, "item_id": [f"i{at}" for at in range(len(users))]},
        schema={"user_id": pl.String, "item_id": pl.String},
    )
    path = folder / f"{name}.parquet"
    Output(str(path), INTERACTIONS).write([rows], Provenance("test"), {})
    return rows, open_table(str(path), INTERACTIONS)


@settings(max_examples=40, deadline=None)
@given(Sizes, Sizes, st.integers(1, 8), st.integers(1, 4))
def test_every_row_comes_once_with_those_of_the_same_user(
    tmp_path_factory: pytest.TempPathFactory,
    left: list[int],
    right: list[int],
    rows: int,
    users: int,
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    first, primary = table(folder, "first", left)
    second, beside = table(folder, "second", right)
    made = list(cutting.blocks(("a", primary), {"b": beside}, rows=rows, users=users))
    assert pl.concat([block["a"] for block in made]).equals(first)
    asked = pl.col("user_id").is_in(first["user_id"].implode())
    assert pl.concat([block["b"] for block in made]).equals(second.filter(asked))
    for block in made:
        assert set(block["b"]["user_id"]) <= set(block["a"]["user_id"])
        assert block["a"]["user_id"].n_unique() <= users


def test_a_table_out_of_order_is_refused(tmp_path: Path) -> None:
    rows = pl.DataFrame({"user_id": ["b", "a"], "item_id": ["x", "y"]})
    path = tmp_path / "wrong.parquet"
    Output(str(path), INTERACTIONS).write([rows], Provenance("test"), {})
    with pytest.raises(RecliError, match="not in the order"):
        list(cutting.whole_users(open_table(str(path), INTERACTIONS)))


def test_a_foreign_table_is_brought_in_order(tmp_path: Path) -> None:
    path = tmp_path / "foreign.parquet"
    pl.DataFrame({"user_id": ["b", "a"], "item_id": ["x", "y"]}).write_parquet(path)
    (block,) = cutting.whole_users(open_table(str(path), INTERACTIONS))
    assert block["user_id"].to_list() == ["a", "b"]


@given(st.lists(st.integers(0, 9), max_size=6))
def test_regrouping_keeps_every_row(sizes: list[int]) -> None:
    frames = [pl.DataFrame({"x": list(range(size))}, schema={"x": pl.Int64}) for size in sizes]
    if frames:
        assert pl.concat(list(regrouped(frames))).equals(pl.concat(frames))


def test_part_files_of_others_are_one_table_if_they_hold_the_same_columns(tmp_path: Path) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    rows = pl.DataFrame({"user_id": ["b", "a"], "item_id": ["x", "y"]})
    rows.write_parquet(parts / "1.parquet")
    rows.select("item_id", user_id="user_id").write_parquet(parts / "2.parquet")
    found = open_table(str(parts), INTERACTIONS).read()
    assert found["user_id"].to_list() == ["a", "a", "b", "b"]
    rows.with_columns(weight=1.0).write_parquet(parts / "3.parquet")
    with pytest.raises(RecliError, match=r"3\.parquet has columns user_id String, .*weight"):
        open_table(str(parts), INTERACTIONS)
