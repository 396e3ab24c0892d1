"""Raw bytes to a table in order: nothing lost, nothing invented, ids exactly as they were."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stages.ingested import ingested

FAST = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def written(rows: list[tuple[str, ...]], header: tuple[str, ...], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


IDS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1, max_size=8
)
ROWS = st.lists(st.tuples(IDS, IDS), min_size=1, max_size=30)


@FAST
@given(ROWS, st.sampled_from([",", "\t", ";", "|"]))
def test_ids_come_out_as_they_went_in(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    folder = tmp_path_factory.mktemp("ids")
    raw = written(rows, ("user_id", "item_id"), delimiter)
    table, counts, _ = ingested(folder, raw, "csv", {"delimiter": delimiter, "header": True})
    assert sorted(table.rows()) == sorted(rows)
    assert counts == {"in": len(rows), "rejected": 0, "merged": 0, "filtered": 0}


@pytest.mark.parametrize(
    "name",
    [
        "007",
        "7",
        str(2**64),
        "a\x00b",
        "😀",
        "x" * 10_000,
        " 7",
        "é",
        "e\u0301",
        "9007199254740993",
    ],
)
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_strange_id_survives(tmp_path: Path, name: str, form: str) -> None:
    rows = pl.DataFrame({"user": [name, "z"], "item": ["i", name]})
    raw = rows.write_csv().encode() if form == "csv" else rows.write_ndjson().encode()
    table, _, _ = ingested(tmp_path, raw, form, {"header": True} if form == "csv" else None)
    assert sorted(table.rows()) == sorted(rows.rows())


CELLS = st.sampled_from(["1", "2.5", "nan", "", "x", " 3 ", "inf", "1e99", "-1"])
TIMES = st.sampled_from(["1500000000", "1600000000", "0", "", "soon", "99999999999999", "1.5e9"])
LINES = st.lists(
    st.one_of(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", ""]), CELLS, TIMES).map(
            ",".join
        ),
        st.sampled_from(["a", "a,x,1", "a,x,1,1500000000,9", "", '"a"b,x,1,1500000000', "\r"]),
        st.sampled_from(['"a,x,1,1500000000', 'a"b,x,1,1500000000', '"q""q",x,1,1500000000']),
    ),
    max_size=25,
)


@FAST
@given(LINES, st.sampled_from(["keep", "sum", "first", "last", "max"]), st.integers(0, 3))
def test_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], duplicates: str, least: int
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    text = ["user_id,item_id,rating,timestamp", "u,i,3,1500000000", *lines, ""]
    table, counts, rejects = ingested(
        folder,
        "\n".join(text).encode(),
        "csv",
        rejects="x",
        map=["timestamp=timestamp:s"],
        duplicates=duplicates,
        min_rating=0.5,
        min_per_user=least,
        min_per_item=least,
    )
    # `counts` raises unless they balance; this says that what it balances is the truth.
    assert counts["rejected"] == rejects.height
    assert table["rating"].is_finite().all()  # one that is empty is below any least rating
    assert set(table["item_id"]) <= {"x", "y", "i"}
    for line, raw in rejects.select("line", "text").iter_rows():
        assert text[line - 1].rstrip("\r") == raw or raw.startswith(text[line - 1])


@FAST
@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 3)), min_size=1
    ),
    st.randoms(),
)
def test_the_order_of_the_input_does_not_show(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]], chance: Any
) -> None:
    folder = tmp_path_factory.mktemp("order")
    cells = [(u, i, str(1_500_000_000 + t), str(n)) for n, (u, i, t) in enumerate(rows)]
    header = ("user_id", "item_id", "timestamp", "note")
    first, _, _ = ingested(folder, written(cells, header))
    chance.shuffle(cells)
    again, _, _ = ingested(folder, written(cells, header))
    assert again.equals(first)
    keys = ["user_id", "timestamp", "item_id"]
    assert first.select(keys).rows() == sorted(first.select(keys).rows())


def test_a_table_of_many_ranges_is_one_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = pl.DataFrame(
        {
            "user_id": [f"user {n:030d}" for n in rng.integers(0, 5_000, 300_000)],
            "item_id": rng.integers(0, 1_000, 300_000).astype(str),
            "timestamp": rng.integers(1_400_000_000, 1_600_000_000, 300_000),
        }
    )
    table, counts, _ = ingested(tmp_path, rows.write_csv().encode())
    keys = ["user_id", "timestamp", "item_id"]
    times = pl.from_epoch("timestamp").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    assert counts["in"] == 300_000
    assert table.select(keys).equals(rows.with_columns(times).sort(keys).select(keys))


def test_lists_of_a_row_keep_their_order(tmp_path: Path) -> None:
    table, counts, _ = ingested(tmp_path, b"7 30 4 5\n10 2 30 1\r\n\n", "row-lists")
    assert table.rows() == [
        ("10", "2"), ("10", "30"), ("10", "1"), ("7", "30"), ("7", "4"), ("7", "5"),
    ]  # fmt: skip
    assert counts["in"] == 6


def test_a_key_that_comes_up_late_is_not_lost(tmp_path: Path) -> None:
    lines = [f'{{"user": {n % 9}, "item": "x{n}", "note": "{"y" * 60}"}}' for n in range(40_000)]
    lines[1_234] = '{"user": "late", "item": "x", "extra": 2.5}'
    table, counts, _ = ingested(tmp_path, "\n".join(lines).encode())
    assert counts["in"] == 40_000
    assert table.filter(pl.col("extra").is_not_null()).rows() == [("late", "x", None, 2.5)]


def test_a_bad_line_of_json_is_found_by_its_number(tmp_path: Path) -> None:
    raw = b'{"user": 1, "item": 2}\n\nnull\n{"user": 1, "item": \xff}\n{"user": "", "item": 1}\n'
    table, _, rejects = ingested(tmp_path, raw, rejects="x")
    assert table.rows() == [("1", "2")]
    assert rejects["line"].to_list() == [3, 4, 5]
    assert rejects["reason"].to_list() == [
        "a JSON NoneType, not an object",
        "invalid UTF-8 (accept it with --encoding latin-1)",
        "no id",
    ]
