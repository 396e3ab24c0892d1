"""Rows of one id, against a filter of the whole table, and what is read for them."""

from pathlib import Path

import polars as pl
import pytest

from recli.errors import RecliError
from recli.store.open import Table, open_table
from recli.store.provenance import Provenance
from recli.store.seek import rows_of
from recli.store.write import Output
from recli.tables import PAIRS


def written(path: Path, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Table:
    monkeypatch.setattr("recli.store.groups.GROUP", 7)
    Output(str(path), PAIRS).write([rows], Provenance("test"), {})
    return open_table(str(path), PAIRS)


def pairs(kind: pl.DataType) -> pl.DataFrame:
    users = pl.Series("user_id", [at // 5 * 2 for at in range(60)]).cast(kind)
    items = pl.Series("item_id", [at * 7 % 11 for at in range(60)]).cast(kind)
    rows = pl.DataFrame([users, items])
    return rows.sort("user_id", maintain_order=True)


@pytest.mark.parametrize("kind", [pl.Int64(), pl.String()])
def test_the_rows_of_an_id_are_those_of_a_filter(
    kind: pl.DataType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pairs(kind)
    table = written(tmp_path / "pairs.parquet", rows, monkeypatch)
    for column in ("user_id", "item_id"):
        for number in range(-1, 25):
            value = number if kind == pl.Int64 else str(number)
            found = rows_of(table, column, value)
            assert found.equals(rows.filter(pl.col(column) == value))
            assert found.schema == rows.schema


def test_groups_that_cannot_hold_the_id_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pairs.parquet"
    whole = rows_of(written(path, pairs(pl.Int64()), monkeypatch), "user_id", 22)
    raw = bytearray(path.read_bytes())
    raw[20] ^= 0xFF  # in a page of the first users
    path.write_bytes(raw)
    damaged = open_table(str(path), PAIRS)
    assert whole.height == 5
    assert rows_of(damaged, "user_id", 22).equals(whole)
    with pytest.raises(RecliError):
        rows_of(damaged, "user_id", 0)


def test_rows_of_a_folder_of_parts_are_found_in_all_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pairs(pl.String())
    (tmp_path / "parts").mkdir()
    for at in (0, 33):
        written(tmp_path / "parts" / f"{at:02d}.parquet", rows.slice(at, 33), monkeypatch)
    table = open_table(str(tmp_path / "parts"), PAIRS)
    assert rows_of(table, "user_id", "12").equals(rows.filter(pl.col("user_id") == "12"))
