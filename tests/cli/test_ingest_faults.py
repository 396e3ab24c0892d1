"""What `recli ingest` refuses: one line that says what, where and what to do."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run


def refused(code: int, *words: object, cwd: Path, **settings: object) -> str:
    done = run("ingest", *words, "-o", "out.parquet", cwd=cwd, check=code, **settings)
    lines = done.stderr.decode().strip().splitlines()
    errors = [line for line in lines if "error" in line]
    assert len(errors) == 1, lines
    assert "Traceback" not in done.stderr.decode()
    assert not (cwd / "out.parquet").exists()
    assert not [path for path in cwd.iterdir() if path.name.startswith(".")]
    return errors[0]


def test_bad_rows_stop_the_run_with_their_lines_and_reasons(tmp_path: Path) -> None:
    lines = [
        "user_id,item_id,rating,timestamp",
        "a,x,1,1500000000",
        "a,x,1",
        'b,"one\ntwo",2,1500000000',
        "b,x,1,1500000000,9",
        ",x,1,1500000000",
        "b,x,nan,1500000000",
        "b,x,four,1500000000",
        "b,x,4,0",
        "b,x,4,later",
        "c,x,4",
    ]
    (tmp_path / "log.csv").write_text("\n".join(lines), newline="")
    message = refused(65, "log.csv", "--map", "timestamp=timestamp:s", cwd=tmp_path)
    assert "8 bad of 10 rows" in message
    assert "line 3: short row: 3 fields, 4 expected;" in message
    assert "line 6: long row: 5 fields, 4 expected;" in message
    assert "line 7: user_id: no id;" in message
    assert "line 8: rating: 'nan' is not a finite number;" in message
    assert "line 9: rating: 'four' is not a finite number;" in message
    assert "3 more" in message
    assert "--rejects" in message
    run(
        "ingest", "log.csv", "-o", "out.parquet", "--rejects", "bad.csv", "--max-rejects", "80%",
        "--map", "timestamp=timestamp:s", cwd=tmp_path,
    )  # fmt: skip
    bad = pl.read_csv(tmp_path / "bad.csv")
    assert bad["line"].to_list() == [3, 6, 7, 8, 9, 10, 11, 12]
    assert bad["column"].to_list()[2:7] == ["user_id", "rating", "rating", "timestamp", "timestamp"]
    assert bad["text"][1] == "b,x,1,1500000000,9"
    assert "impossible time '0' (before 1990" in bad["reason"][5]
    assert bad["reason"][6] == "unreadable time 'later'"
    assert "was it cut off?" in bad["reason"][7]
    assert pl.read_parquet(tmp_path / "out.parquet")["item_id"].to_list() == ["x", "one\ntwo"]


def test_beyond_the_limit_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"user_id,item_id\na,x\n,x\n,y\n")
    message = refused(65, "log.csv", "--rejects", "bad.csv", "--max-rejects", "50%", cwd=tmp_path)
    assert "2 bad of 3 rows, 1 allowed by --max-rejects" in message
    assert not (tmp_path / "bad.csv").exists()
    (tmp_path / "worse.csv").write_bytes(b"user_id,item_id\n" + b",x\n" * 5_000)
    assert "5,000 bad rows so far" in refused(65, "worse.csv", "--rejects", "bad.csv", cwd=tmp_path)
    assert "2 bad rows so far" in refused(
        65, "log.csv", "--rejects", "bad.csv", "--max-rejects", "1", cwd=tmp_path
    )


@pytest.mark.parametrize(
    ("raw", "words", "code", "says"),
    [
        (b"", [], 65, "is empty"),
        (gzip.compress(b"", mtime=0), [], 65, "is empty"),
        (gzip.compress(b"user_id,item_id\na,x\n", mtime=0)[:-6], [], 65, "cannot be read"),
        (b"user_id,item_id\n", [], 65, "holds no rows"),
        (b"user_id,item_id,timestamp\n", [], 65, "holds no rows"),
        ("user_id,item_id\na,x\n".encode("utf-16"), [], 65, "--encoding utf-16"),
        ("user_id,item_id\nJosé,x\n".encode("latin-1"), [], 65, "--encoding latin-1"),
        (b"user_id,item_id\ra,x\r", [], 65, "carriage return"),
        (b'[{"user_id":"a","item_id":"x"}]', [], 65, "jq -c"),
        (b"PK\x03\x04zip", [], 65, "is zip"),
        (b"PAR1" + b"x" * 100, [], 65, "cannot be read"),
        (b"a,b\nc,d\n", [], 65, "--no-header"),
        (b"1,2\n3,4\n", [], 65, "--map user=COLUMN"),
        (b"uid,user,item\na,b,x\n", [], 65, "user_id may be uid or user (say --map user=uid)"),
        (b"user,item,ts\na,x,12\n", [], 65, "none since 1990 in any unit"),
        (b"user,item,ts\na,x,1.2.2020\n", [], 65, "--time-format"),
        (b"user,item\na,x\n", ["--min-rating", 4], 2, "needs a column 'rating'"),
        (b"user,item\na,x\n", ["--duplicates", "last"], 2, "needs a column 'timestamp'"),
        (b"user,item\na,x\n", ["--map", "user=who"], 65, "has no column 'who'"),
        (b"user,item\na,x\n", ["--map", "user"], 2, "write it like"),
        (b"user_id,film\na,x\n", ["--map", "items=film"], 65, "--map item=COLUMN, not items="),
        (b"user,item\na,x\n", ["--source", "xml"], 2, "known: arrow, csv"),
        (b"user,item\na,x\n", ["--kind", "items", "--since", "2020-01-01"], 2, "--since is for"),
        (b"user,item\na,x\n", ["--time-zone", "Mars"], 2, "--time-zone Mars"),
        (b"user,item\na,x\n", ["--max-rejects", "x", "--rejects", "r.csv"], 2, "--max-rejects x"),
        (b'{"user":"a","item":"x"}\n{"user":\n', [], 65, "line 2: no JSON"),
        (b'{"user":"a","item":"x"}\n{"item":"x"}\n', [], 65, "line 2: user: no id"),
        (b'{"user":1.0,"item":"x"}\n', [], 65, "Float64, which cannot name a user"),
        (b"user,item\na,x\n", ["--max-rejects", "1"], 2, "needs --rejects"),
        (b"item,price\nx,1\nx,2\n", ["--kind", "items"], 65, "--duplicates last"),
        (b"user,item\n007,x\n7,x\n", ["--id-type", "int64"], 65, "'007' is no whole number"),
    ],
)  # fmt: skip
def test_each_fault_says_what_where_and_what_to_do(
    tmp_path: Path, raw: bytes, words: list[object], code: int, says: str
) -> None:
    (tmp_path / "raw").write_bytes(raw)
    message = refused(code, "raw", *words, cwd=tmp_path)
    assert says in message
    if code == 65:
        assert "raw" in message


def test_an_hour_that_the_clock_skips_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(
        "user,item,time\na,x,2020-03-29 01:30:00\na,x,2020-03-29 02:30:00\n"
    )
    assert "line 3: time: unreadable time '2020-03-29 02:30:00'" in refused(
        65, "log.csv", "--time-zone", "Europe/Berlin", cwd=tmp_path
    )


def test_tomorrow_is_possible_and_the_day_after_is_not(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("user,item,time\na,x,2020-01-02\na,x,2020-01-03\n")
    assert "line 3: time: impossible time '2020-01-03'" in refused(
        65, "log.csv", "--now", "2020-01-01T12:00", cwd=tmp_path
    )


def test_files_of_different_columns_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"user_id,item_id\nb,x\n")
    (tmp_path / "two.csv").write_bytes(b"item_id,person\nz,a\n")
    assert "two.csv: no column user_id, which one.csv has" in refused(
        65, "one.csv", "two.csv", cwd=tmp_path
    )


def test_an_address_is_a_name_like_any_other_and_nothing_is_fetched(tmp_path: Path) -> None:
    assert "http://127.0.0.1:9/log.csv" in refused(66, "http://127.0.0.1:9/log.csv", cwd=tmp_path)


@pytest.mark.parametrize("name", ["log.csv", "link.csv", "./sub/../log.csv", "out.parquet"])
@pytest.mark.parametrize("given", ["log.csv", "-"])
def test_rejects_never_replace_an_input_or_the_table(tmp_path: Path, name: str, given: str) -> None:
    raw = b"user_id,item_id\na,x\n,x\n"
    (tmp_path / "log.csv").write_bytes(raw)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").hardlink_to(tmp_path / "log.csv")
    with (tmp_path / "log.csv").open("rb") as stream:
        settings = {"stdin": stream, "input": None} if given == "-" else {}
        message = refused(2, given, "--rejects", name, "--max-rejects", 5, cwd=tmp_path, **settings)
    assert f"--rejects {name} is" in message
    assert (tmp_path / "log.csv").read_bytes() == raw
