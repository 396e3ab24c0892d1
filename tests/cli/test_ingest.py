"""`recli ingest` through the real command: formats, pipes, faults, and real data."""

import gzip
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from tests.conftest import run

TIMES = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(4)]
LOG = pl.DataFrame(
    {
        "user_id": ["b", "a", "a", "007"],
        "item_id": ["y", "x", "y", "x"],
        "timestamp": pl.Series(
            [TIMES[3], TIMES[2], TIMES[1], TIMES[0]], dtype=pl.Datetime("us", "UTC")
        ),
        "rating": pl.Series([1.0, 2.5, 5.0, 3.0], dtype=pl.Float32),
    }
)
EXPECTED = LOG.sort("user_id", "timestamp")


def encoded(form: str) -> bytes:
    text = LOG.with_columns(pl.col("timestamp").dt.to_string("%Y-%m-%dT%H:%M:%SZ"))
    out = io.BytesIO()
    if form == "ndjson":
        text.write_ndjson(out)
    elif form == "parquet":
        LOG.write_parquet(out)
    elif form == "arrow":
        table = LOG.to_arrow()
        with pa.ipc.new_stream(out, table.schema) as stream:
            stream.write_table(table)
    elif form == "arrow-file":
        LOG.write_ipc(out)
    elif form == "::":
        lines = ["::".join(map(str, row)) for row in [text.columns, *text.rows()]]
        out.write("\n".join(lines).encode())
    else:
        text.write_csv(out, separator=form)
    return out.getvalue()


def pressed(raw: bytes, kind: str) -> bytes:
    if kind == "gzip":
        return gzip.compress(raw, mtime=0)
    return pa.Codec("zstd").compress(raw, asbytes=True) if kind == "zstd" else raw


@pytest.mark.parametrize("press", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize(
    "form", [",", "\t", ";", "|", "::", "ndjson", "parquet", "arrow", "arrow-file"]
)
def test_reads_every_format_by_its_content(tmp_path: Path, form: str, press: str) -> None:
    raw = pressed(encoded(form), press)
    (tmp_path / "log").write_bytes(raw)
    run("ingest", "log", "-o", "file.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "file.parquet").equals(EXPECTED)
    piped = run("ingest", cwd=tmp_path, input=raw)
    assert pl.read_parquet(io.BytesIO(piped.stdout)).equals(EXPECTED)


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_bytes(b"user_id,item_id\nb,x\na,y\n")
    (tmp_path / "two.csv").write_bytes(b"item_id,user_id\nz,a\n")
    run("ingest", "one.csv", "two.csv", "-o", "out.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "out.parquet").rows() == [("a", "y"), ("a", "z"), ("b", "x")]


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    (tmp_path / "log1.csv").write_bytes(b"user_id,item_id\nwrong,x\n")
    (tmp_path / "log[1].csv").write_bytes(b"user_id,item_id\nright,x\n")
    run("ingest", "log[1].csv", "-o", "out.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "out.parquet")["user_id"].to_list() == ["right"]


def test_the_provenance_holds_the_accounts(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"user,item,rating\na,x,5\na,x,4\na,y,1\nb,x,nan\n")
    done = run(
        "ingest", "log.csv", "-o", "out.parquet", "--min-rating", 2, "--duplicates", "sum",
        "--rejects", "bad.csv", "--max-rejects", 1, cwd=tmp_path,
    )  # fmt: skip
    assert "4 rows in, 1 rejected, 1 merged, 1 filtered, 1 rows out" in done.stderr.decode()
    record = json.loads(pl.read_parquet_metadata(tmp_path / "out.parquet")["recli"])
    assert record["rows"] == {"in": 4, "rejected": 1, "merged": 1, "filtered": 1, "out": 1}
    assert record["inputs"][0]["name"] == "log.csv"


def test_a_whole_last_line_may_lack_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_bytes(b"\xef\xbb\xbfuser_id,item_id\r\na,x\r\n\r\nb,y")
    run("ingest", "log.csv", "-o", "out.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "out.parquet").rows() == [("a", "x"), ("b", "y")]


def test_latin_1_and_utf_16_on_request(tmp_path: Path) -> None:
    for coding in ("latin-1", "utf-16"):
        (tmp_path / "log.csv").write_bytes("user_id,item_id\nJosé,x\n".encode(coding))
        run("ingest", "log.csv", "--encoding", coding, "-o", "out.parquet", cwd=tmp_path)
        assert pl.read_parquet(tmp_path / "out.parquet")["user_id"].to_list() == ["José"]


def test_extra_columns_travel_along_with_types(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text(
        "sku,price,stock,code,since,on,genres,seen\n"
        "b,1.5,3,01,2020-01-31,true,A|B,2020-01-01T00:00:00Z\n"
        "a,2,,2,2020-02-01,False,,2020-01-01 00:00:00\n"
    )
    run(
        "ingest", "items.csv", "--kind", "items", "--list", "genres:|", "--drop", "stock",
        "-o", "items.parquet", cwd=tmp_path,
    )  # fmt: skip
    table = pl.read_parquet(tmp_path / "items.parquet")
    assert dict(table.schema) == {
        "item_id": pl.String,
        "price": pl.Float64,
        "code": pl.String,
        "since": pl.Date,
        "on": pl.Boolean,
        "genres": pl.List(pl.String),
        "seen": pl.Datetime("us", "UTC"),
    }
    assert table["genres"].to_list() == [[], ["A", "B"]]
    assert table["on"].to_list() == [False, True]
    assert table["code"].to_list() == ["2", "01"]


def test_files_of_different_columns_are_refused_in_either_order(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("user,item\nu,i\n")
    (tmp_path / "b.csv").write_text("user,item,timestamp\nu,i,2020-01-01\n")
    for first, second in ("ab", "ba"):
        names = (f"{first}.csv", f"{second}.csv")
        done = run("ingest", *names, "-o", "out.parquet", cwd=tmp_path, check=65)
        assert b"timestamp, which" in done.stderr
        assert not (tmp_path / "out.parquet").exists()


def test_what_another_kind_of_table_calls_a_role_travels_along(tmp_path: Path) -> None:
    rows = pl.DataFrame({"user_id": [7, 8], "item_id": ["b", "a"], "rating": [5, None]})
    rows.write_parquet(tmp_path / "log.parquet")
    rows.write_csv(tmp_path / "log.csv")
    for name in ("log.parquet", "log.csv"):
        run("ingest", name, "--kind", "items", "-o", "items.parquet", cwd=tmp_path)
        made = pl.read_parquet(tmp_path / "items.parquet")
        assert made.rows() == [("a", 8, None), ("b", 7, 5)]
        assert made.columns == ["item_id", "user_id", "rating"]


def test_json_keys_may_be_missing_and_ids_may_be_numbers(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        '{"user": 7, "item": "x"}\n{"user": "007", "item": 18446744073709551616, "tag": [1]}\n'
    )
    run("ingest", "log", "-o", "out.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "out.parquet").rows() == [
        ("007", "18446744073709551616", [1]),
        ("7", "x", None),
    ]


def test_a_pipe_and_a_file_give_the_same_bytes(tmp_path: Path) -> None:
    raw = encoded(",")
    (tmp_path / "log.csv").write_bytes(raw)
    words = ["ingest", "log.csv"]
    epoch = {"SOURCE_DATE_EPOCH": "0"}
    run(*words, "-o", "a.parquet", cwd=tmp_path, env=epoch)
    for threads in (1, 2, 4):
        shown = run(*words, "--threads", threads, cwd=tmp_path, env=epoch).stdout
        assert shown == (tmp_path / "a.parquet").read_bytes()


def test_gowalla_and_beauty_as_published(shared: Path, tmp_path: Path) -> None:
    for name, rows, users in (
        ("gowalla/train.txt", 810_128, 29_858),
        ("s3rec-beauty/Beauty.txt", 198_502, 22_363),
    ):
        run("ingest", shared / name, "--source", "row-lists", "-o", "out.parquet", cwd=tmp_path)
        table = pl.read_parquet(tmp_path / "out.parquet")
        assert (table.height, table["user_id"].n_unique()) == (rows, users)
        first = (shared / name).read_text().partition("\n")[0].split()
        found = table.filter(pl.col("user_id") == first[0])["item_id"]
        assert found.to_list() == first[1:]
        run("verify", "out.parquet", cwd=tmp_path)
        run("split", "leave-last", "out.parquet", "--train", "a", "--test", "b", cwd=tmp_path)
        last = pl.read_parquet(tmp_path / "b").filter(pl.col("user_id") == first[0])
        assert last["item_id"].to_list() == first[-1:]


def test_movietweetings_as_published(shared: Path, tmp_path: Path) -> None:
    done = run(
        "ingest", shared / "movietweetings-100k/ratings.dat",
        "--map", "user=1,item=2,rating=3,timestamp=4", "-o", "out.parquet", cwd=tmp_path,
    )  # fmt: skip
    assert "100,000 rows in" in done.stderr.decode()
    assert "16,554 users" in done.stderr.decode()
    movies = shared / "movietweetings-100k/movies.dat"
    run(
        "ingest", movies, "--kind", "items", "--map", "item=1,title=2,genres=3",
        "--list", "genres:|", "-o", "items.parquet", cwd=tmp_path,
    )  # fmt: skip
    items = pl.read_parquet(tmp_path / "items.parquet")
    assert items.height == len(movies.read_bytes().splitlines())
    assert items["item_id"].str.len_chars().min() == 7  # leading zeros stand


def test_movielens_as_it_is(shared: Path, tmp_path: Path) -> None:
    folder = shared / "ml-latest-small"
    run("ingest", folder / "ratings.csv", "-o", "out.parquet", cwd=tmp_path)
    table = pl.read_parquet(tmp_path / "out.parquet")
    raw = pl.read_csv(folder / "ratings.csv", schema_overrides={"userId": pl.String})
    assert table.height == raw.height
    assert table["user_id"].n_unique() == raw["userId"].n_unique()
    assert table["rating"].sum() == raw["rating"].sum()
    run("ingest", folder / "movies.csv", "--kind", "items", "-o", "items.parquet", cwd=tmp_path)
    assert pl.read_parquet(tmp_path / "items.parquet").height == 9_125
