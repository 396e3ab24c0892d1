"""Values of ingested columns: what cannot be held exactly is kept as text or refused."""

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from recli.errors import RecliError
from tests.stages.ingested import ingested


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pl.DataFrame({"user_id": ["a"], "item_id": ["x"], **columns}).write_parquet(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b'{"user": "a", "item": "x", "time": 1577836800.25}\n',
        parquet(time=[1577836800.25]),
        parquet(time=[Decimal("1577836800.25")]),
        parquet(time=pl.Series(["1577836800.25"], dtype=pl.Categorical)),
        b"user,item,time\na,x,1577836800.25\n",
    ],
)
def test_fractions_of_a_second_are_kept_in_every_format(tmp_path: Path, raw: bytes) -> None:
    table, _, _ = ingested(tmp_path, raw)
    assert table["timestamp"].to_list() == [datetime(2020, 1, 1, 0, 0, 0, 250_000, UTC)]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1234567890123456789", "1"], [1234567890123456789, 1]),
        (["9223372036854775808", "1"], ["9223372036854775808", "1"]),
        (["9007199254740993", "1.5"], ["9007199254740993", "1.5"]),
        (["9007199254740991", "1.5"], [9007199254740991.0, 1.5]),
        (["1e300", "1.5"], [1e300, 1.5]),
    ],
)
def test_no_digit_of_a_whole_number_is_lost(
    tmp_path: Path, cells: list[str], expected: list[object]
) -> None:
    lines = [f"a,x{n},{cell}\n" for n, cell in enumerate(cells)]
    table, _, _ = ingested(tmp_path, ("user,item,note\n" + "".join(lines)).encode())
    assert table["note"].to_list() == expected


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["4.5"])])
def test_a_rating_that_is_encoded_by_a_dictionary_is_a_number(tmp_path: Path, kind: object) -> None:
    raw = parquet(rating=pl.Series(["4.5"], dtype=kind))
    assert ingested(tmp_path, raw)[0]["rating"].to_list() == [4.5]


def test_zeros_of_either_sign_come_out_in_one_order(tmp_path: Path) -> None:
    lines = [b"a,x,0.0\n", b"a,x,-0.0\n"]
    for given in (lines, lines[::-1]):
        table, _, _ = ingested(tmp_path, b"user,item,note\n" + b"".join(given))
        assert list(map(str, table["note"])) == ["-0.0", "0.0"]


RATED = b"user,item,stars,rating,timestamp\na,x,5,3,soon\n"


def test_a_column_that_is_dropped_plays_no_role(tmp_path: Path) -> None:
    table, _, _ = ingested(tmp_path, RATED, drop=["timestamp", "rating"], map=["rating="])
    assert table.columns == ["user_id", "item_id", "stars"]
    table, _, _ = ingested(tmp_path, RATED, drop=["timestamp", "4"])
    assert table.columns == ["user_id", "item_id", "rating"]
    assert table["rating"].to_list() == [5]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"drop": ["user"]}, "no column looks like user_id"),
        ({"map": ["user="]}, "no column looks like user_id"),
        ({"map": ["rating=stars"], "drop": ["stars"]}, "--map uses stars"),
    ],
)
def test_an_id_cannot_be_left_out_nor_a_column_that_is_used(
    tmp_path: Path, words: dict[str, list[str]], says: str
) -> None:
    with pytest.raises(RecliError, match=says):
        ingested(tmp_path, RATED, **words)
