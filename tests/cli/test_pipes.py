"""Pipes carry the same bytes as files; streams end quietly; every format comes in and out."""

import gzip
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

RECLI = [sys.executable, "-m", "recli"]


def test_a_pipe_gives_the_same_bytes_as_files(workplace: Path) -> None:
    retrieve = ["retrieve", "als.model", "--history", "train.parquet", "-k", "20"]
    cap = ["rerank", "cap", "--items", "items.parquet", "--by", "categories"]
    run(*retrieve, "-o", "x.parquet", cwd=workplace)
    run(*cap, "x.parquet", "-o", "file.parquet", cwd=workplace)
    piped = run(
        *cap, "-o", "pipe.parquet", cwd=workplace, input=run(*retrieve, cwd=workplace).stdout
    )
    assert b"rows out" in piped.stderr
    assert (workplace / "pipe.parquet").read_bytes() == (workplace / "file.parquet").read_bytes()


def test_a_process_substitution_is_read(workplace: Path) -> None:
    line = f"{' '.join(RECLI)} verify <(cat candidates.parquet) /dev/stdin < candidates.parquet"
    done = subprocess.run(["bash", "-c", line], cwd=workplace, capture_output=True, check=True)
    assert done.stdout.count(b"candidates") == 2


def test_a_closed_pipe_is_silent(workplace: Path) -> None:
    command = [*RECLI, "retrieve", "als.model", "--history", "train.parquet", "-q"]
    process = subprocess.Popen(
        command, cwd=workplace, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    message = process.stderr.read()
    assert process.wait() == 141, message
    assert message == b""


@pytest.mark.parametrize("form", ["parquet", "arrow", "csv", "ndjson"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_table_survives_every_format(form: str, packed: bool, workplace: Path) -> None:
    made = run(
        "rerank",
        "boost",
        "candidates.parquet",
        "--where",
        "rank > 1",
        "--factor",
        1,
        "-f",
        form,
        cwd=workplace,
    ).stdout
    if packed and form in ("csv", "ndjson"):
        made = gzip.compress(made, mtime=0)
    back = run(
        "rerank", "boost", "--where", "rank > 1", "--factor", 1, cwd=workplace, input=made
    ).stdout
    before = pl.read_parquet(workplace / "candidates.parquet")
    after = pl.read_parquet(io.BytesIO(back))
    assert after.select("user_id", "item_id", "rank").equals(
        before.select("user_id", "item_id", "rank")
    )


def test_a_terminal_gets_a_short_table_and_never_binary(workplace: Path) -> None:
    master, slave = pty.openpty()
    command = [*RECLI, "retrieve", "als.model", "--history", "train.parquet", "-q"]
    process = subprocess.Popen(command, cwd=workplace, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    shown = b""
    while chunk := _read(master):
        shown += chunk
    assert process.wait() == 0
    assert b"user_id" in shown
    assert b"rows more" in shown
    assert b"PAR1" not in shown


def _read(master: int) -> bytes:
    try:
        return os.read(master, 65536)
    except OSError:  # how a terminal says that nobody writes any more
        return b""


def test_json_lines_on_standard_error_for_cron(workplace: Path) -> None:
    import json

    done = run("verify", "train.parquet", "--log-format", "json", cwd=workplace)
    record = json.loads(done.stderr)
    assert record["command"] == "verify"
    assert record["seconds"] >= 0


def test_quiet_prints_nothing_but_the_data(workplace: Path) -> None:
    done = run("retrieve", "als.model", "--history", "train.parquet", "-q", cwd=workplace)
    assert done.stderr == b""
    assert done.stdout[:4] == b"PAR1"


def test_flag_beats_environment_beats_file_beats_default(workplace: Path) -> None:
    (workplace / "recli.toml").write_text("[retrieve]\nk = 3\n")
    line = ["retrieve", "als.model", "--history", "train.parquet"]

    def longest(*more: str, **env: str) -> int:
        made = run(*line, *more, cwd=workplace, env=env).stdout
        return int(pl.read_parquet(io.BytesIO(made))["rank"].max())  # type: ignore[arg-type]

    config = ("--config", "recli.toml")
    assert longest(*config) == 3
    assert longest(*config, RECLI_RETRIEVE_K="4") == 4
    assert longest(*config, "-k", "5", RECLI_RETRIEVE_K="4") == 5


def test_an_unknown_key_of_the_configuration_is_refused(workplace: Path) -> None:
    (workplace / "recli.toml").write_text("[retrieve]\nkk = 3\n")
    done = run("retrieve", "als.model", "--config", "recli.toml", cwd=workplace, check=78)
    assert b"kk" in done.stderr


def test_text_into_a_closed_pipe_is_silent_and_a_full_disk_is_said(workplace: Path) -> None:
    line = f"{' '.join(RECLI)} inspect train.parquet -q"
    shell = f"{line} | true; echo ${{PIPESTATUS[0]}}; {line} > /dev/full; echo $?"
    done = subprocess.run(["bash", "-c", shell], cwd=workplace, capture_output=True, check=True)
    assert done.stdout.split() == [b"141", b"74"]
    assert done.stderr == b"recli: error: standard output: the disk is full\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("retrieve als.model --history train.parquet -q >&-", 74),
        ("evaluate recs.parquet test.parquet ndcg@10 --json -q >&-", 74),
        ("inspect als.model -q >&-", 74),
        ("--help >&-", 74),
        ("verify train.parquet -q <&-", 0),
        ("train-als -o new.model <&-", 74),
        ("retrieve als.model --history train.parquet -o x.parquet <&- >&-", 0),
        ("retrieve als.model --history train.parquet -o x.parquet --jobs 2 <&- >&- 2>&-", 0),
        ("nonsense 2>&-", 2),
    ],
)
def test_closed_streams_break_nothing_and_lose_nothing_silently(
    line: str, code: int, workplace: Path
) -> None:
    shell = f"{' '.join(RECLI)} {line}"
    done = subprocess.run(["bash", "-c", shell], cwd=workplace, capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert (b"it is closed" in done.stderr) == (code == 74)
    if "x.parquet" in line:
        run("verify", "x.parquet", cwd=workplace)
