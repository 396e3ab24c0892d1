"""Tables in step by user, whoever is in which of them."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.store.merged import merged, merged_whole
from recli.store.open import open_table
from recli.store.provenance import Provenance
from recli.store.write import Output
from recli.tables import PAIRS

users = st.lists(st.sampled_from("abcdefgh"), max_size=14)


def table(path, users):
    rows = {"user_id": sorted(users), "item_id": [str(at) for at in range(len(users))]}
    schema = {"user_id": pl.String, "item_id": pl.String}
    pl.DataFrame(rows, schema=schema).write_parquet(path, row_group_size=2)
    return open_table(str(path), PAIRS)


@settings(deadline=None, max_examples=40)
@given(one=users, other=users, rows=st.integers(1, 5))
def test_every_row_comes_once_with_all_rows_of_its_user(tmp_path_factory, one, other, rows):
    folder = tmp_path_factory.mktemp("merged")
    columns = ["user_id", "item_id"]
    tables = {"one": table(folder / "1", one), "other": table(folder / "2", other)}
    asked = {role: (table, columns) for role, table in tables.items()}
    blocks = list(merged(asked, rows))
    met: set[str] = set()
    for block in blocks:
        here = {user for frame in block.values() for user in frame["user_id"]}
        assert here
        assert not met & here
        met |= here
    for role, whole in tables.items():
        frames = [block[role] for block in blocks]
        found = pl.concat([whole.read().clear(), *frames])
        assert found.equals(whole.read())


def test_says_where_rows_are_out_of_order(tmp_path):
    path = tmp_path / "pairs.parquet"
    rows = pl.DataFrame({"user_id": ["b", "a"], "item_id": ["x", "y"]})
    Output(str(path), PAIRS).write([rows], Provenance("test"), {})
    with pytest.raises(RecliError, match="not in the order of user_id"):
        list(merged({"one": (open_table(str(path), PAIRS), ["user_id", "item_id"])}))


def test_nobody_makes_one_block_that_has_columns(tmp_path):
    asked = {role: (table(tmp_path / role, []), ["user_id"]) for role in ("one", "other")}
    (block,) = merged_whole(asked)
    assert {role: frame.columns for role, frame in block.items()} == {
        "one": ["user_id"],
        "other": ["user_id"],
    }
    asked["one"] = (table(tmp_path / "some", ["a", "b"]), ["user_id"])
    assert [block["one"].height for block in merged_whole(asked)] == [2]
