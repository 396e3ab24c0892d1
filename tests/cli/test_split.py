"""`recli split` through the real command."""

import json
from pathlib import Path

import polars as pl
import pytest

from recli import registry
from tests.conftest import run

LOG = b"user_id,item_id,timestamp\n" + b"".join(
    f"u{row % 37},i{row % 11},{1_500_000_000 + row * 3600}\n".encode() for row in range(200)
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    run("ingest", "-o", tmp_path / "log.parquet", input=LOG)
    return tmp_path


def refused(code: int, *words: object, cwd: Path) -> str:
    before = {path: path.stat().st_mtime_ns for path in cwd.iterdir()}
    done = run("split", *words, cwd=cwd, check=code)
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) == 1
    assert "Traceback" not in lines[0]
    assert {path: path.stat().st_mtime_ns for path in cwd.iterdir()} == before
    return lines[0]


@pytest.mark.parametrize("name", registry.names("splitters"))
@pytest.mark.parametrize("valid", [True, False])
def test_the_parts_are_tables_that_hold_every_row(log: Path, name: str, valid: bool) -> None:
    splitter = registry.load("splitters", name)
    parts = [part for part in splitter.parts if valid or part != "valid"]
    words = [word for part in parts for word in (f"--{part}", f"{part}.parquet")]
    if "test_share" in splitter.__dataclass_fields__:
        words += ["--test-share", "30%", *(["--valid-share", "30%"] if valid else [])]
    done = run("split", name, "log.parquet", *words, cwd=log)
    tables = [pl.read_parquet(log / f"{part}.parquet") for part in parts]
    whole = pl.read_parquet(log / "log.parquet")
    assert pl.concat(tables).sort(whole.columns).equals(whole.sort(whole.columns))
    assert ("warning" in done.stderr.decode()) == bool(splitter.leaks)
    assert "200 rows in" in done.stderr.decode()
    for part, table in zip(parts, tables, strict=True):
        record = json.loads(pl.read_parquet_metadata(log / f"{part}.parquet")["recli"])
        assert record["arguments"]["part"] == part
        assert record["rows"]["out"] == table.height
        run("verify", f"{part}.parquet", cwd=log)


def test_a_pipe_gives_the_same_parts_as_a_file(log: Path) -> None:
    words = ["split", "time", "--train", "train.parquet", "--test", "test.parquet"]
    run(*words, "log.parquet", cwd=log)
    first = (log / "train.parquet").read_bytes(), (log / "test.parquet").read_bytes()
    run(*words, cwd=log, input=(log / "log.parquet").read_bytes())
    assert ((log / "train.parquet").read_bytes(), (log / "test.parquet").read_bytes()) == first


def test_cold_users_and_items_are_told_and_dropped_on_request(tmp_path: Path) -> None:
    raw = b"user_id,item_id,timestamp\na,x,1500000000\nb,y,1500000001\n"
    raw += b"a,y,1500000002\na,z,1500000003\nc,x,1500000004\n"
    run("ingest", "-o", tmp_path / "log.parquet", input=raw)
    words = ["split", "time", "log.parquet", "--train", "a.parquet", "--test", "b.parquet"]
    words += ["--test-share", "60%"]
    done = run(*words, cwd=tmp_path)
    assert "test: 3 rows, 2 users; cold: 1 users, 1 of 3 items" in done.stderr.decode()
    done = run(*words, "--warm-only", cwd=tmp_path)
    assert "2 to train, 1 to test, 2 dropped" in done.stderr.decode()
    assert pl.read_parquet(tmp_path / "b.parquet")["item_id"].to_list() == ["y"]


def test_faults_are_one_line_and_leave_everything_as_it_was(log: Path) -> None:
    both = ["--train", "train.parquet", "--test", "test.parquet"]
    assert "no row would go to --test" in refused(
        65, "time", "log.parquet", *both, "--at", "2030-01-01", cwd=log
    )
    assert "no row would go to --train" in refused(
        65, "time", "log.parquet", *both, "--at", "1999-01-01", cwd=log
    )
    assert "--history is missing" in refused(2, "users", "log.parquet", *both, cwd=log)
    assert "no --history" in refused(
        2, "time", "log.parquet", *both, "--history", "h.parquet", cwd=log
    )
    assert "--valid-share needs --valid FILE" in refused(
        2, "random", "log.parquet", *both, "--valid-share", "5%", cwd=log
    )
    assert "same name" in refused(
        2, "time", "log.parquet", "--train", "x.parquet", "--test", "x.parquet", cwd=log
    )
    run("ingest", "-o", log / "timeless.parquet", input=b"user_id,item_id\na,x\nb,y\n")
    assert "no column 'timestamp'" in refused(65, "time", "timeless.parquet", *both, cwd=log)
    assert "gone.parquet" in refused(66, "time", "gone.parquet", *both, cwd=log)
    (log / "a.folder").mkdir()
    assert "a.folder" in refused(
        73, "time", "log.parquet", "--train", "train.parquet", "--test", "a.folder", cwd=log
    )


def test_movietweetings_by_time(shared: Path, tmp_path: Path) -> None:
    run(
        "ingest", shared / "movietweetings-100k/ratings.dat",
        "--map", "user=1,item=2,rating=3,timestamp=4", "-o", tmp_path / "log.parquet",
    )  # fmt: skip
    words = ["--train", "train.parquet", "--test", "test.parquet"]
    run("split", "time", "log.parquet", *words, cwd=tmp_path)
    train, test = (pl.read_parquet(tmp_path / f"{part}.parquet") for part in ("train", "test"))
    assert abs(test.height - 20_000) <= 5
    assert train["timestamp"].max() < test["timestamp"].min()  # type: ignore[operator]
