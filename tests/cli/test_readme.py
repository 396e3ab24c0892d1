"""Every command that the README shows runs, in the order in which it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from recli.cli import tree

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
# A smaller shop and forest than the examples make by themselves: what is tested is their steps.
SMALL = {"RECLI_GENERATE_USERS": "400", "RECLI_GENERATE_ITEMS": "150"}
SMALL |= {"RECLI_TRAIN_LAMBDAMART_TREES": "20"}
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.M | re.S)


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `recli` is the one under test."""
    binary = tmp_path / "bin" / "recli"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m recli "$@"\n')
    binary.chmod(0o755)
    return f"{binary.parent}:{os.environ['PATH']}"


def script(line: str, folder: Path, path: str, **env: str) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=folder,
        env={**os.environ, "PATH": path, **env},
        capture_output=True,
        timeout=600,
        check=False,
    )
    message = done.stderr.decode()
    assert done.returncode == 0, message
    assert "Traceback" not in message
    return done.stdout.decode(errors="replace")  # a table may be on its way to a file


def test_every_command_of_the_readme_runs(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    assert len(BLOCKS) >= 8
    for block in BLOCKS:
        script(block, folder, path)
    assert (folder / "recs.parquet").exists()


def test_the_table_of_commands_is_that_of_the_tree() -> None:
    assert command_table() in README, f"the README needs this table:\n{command_table()}"


def command_table() -> str:
    lines = ["| command | what it does |", "|---|---|"]
    for group, names in tree.grouped(()).items():
        lines.append(f"| **{group}** | |")
        for name in names:
            members = tree.members((name,))
            shown = f"`{name}` " + " · ".join(members) if members else f"`{name}`"
            lines.append(f"| {shown} | {tree.help_of((name,))} |")
    return "\n".join(lines)


def test_the_quickstart_ends_with_the_funnel_above_popularity(tmp_path: Path, path: str) -> None:
    shown = script(
        f"{ROOT}/examples/quickstart.sh {tmp_path}/q", tmp_path, path, RECLI_INSTALLED="1"
    )
    assert "better than popularity and item-knn on ndcg@10" in shown
    ndcg = next(line for line in shown.splitlines() if line.startswith("ndcg@10"))
    numbers = [float(word) for word in re.findall(r"\d\.\d+", ndcg)]
    lists, low, high, popularity, *_ = numbers
    assert popularity < low < lists < high, shown


def test_make_does_nothing_twice_and_redoes_what_depends_on_the_log(
    tmp_path: Path, path: str
) -> None:
    make = f"make -f {ROOT}/examples/Makefile"
    script(make, tmp_path, path, **SMALL)
    assert (tmp_path / "metrics.csv").exists()
    assert "up to date" in script(make, tmp_path, path)
    script("touch shop/interactions.csv", tmp_path, path)
    again = script(make, tmp_path, path, **SMALL)
    assert "ingest shop/interactions.csv" in again
    assert "evaluate" in again
    assert "ingest shop/items.csv" not in again


def test_cron_is_silent_and_keeps_the_old_lists_when_the_gate_fails(
    tmp_path: Path, path: str
) -> None:
    make = "recli generate -o shop --users 400 --items 150 --format csv --quiet"
    script(f"{make}; mv shop/interactions.csv log.csv; mv shop/items.csv .", tmp_path, path)
    nightly = f"{ROOT}/examples/cron.sh {tmp_path}"
    assert script(f"{nightly} 2>&1", tmp_path, path, GATE="ndcg@10=0.0001") == ""
    kept = (tmp_path / "recs.parquet").read_bytes()
    failed = script(f"{nightly} 2>gate.log || echo $?", tmp_path, path, GATE="ndcg@10=0.9999")
    assert failed.strip().endswith("3")
    assert (tmp_path / "recs.parquet").read_bytes() == kept
    assert "ndcg@10" in (tmp_path / "gate.log").read_text()
    script(
        "recli retrieve tonight/als.model --users tonight/test.parquet -k 9 -o recs.parquet",
        tmp_path,
        path,
    )
    kept = (tmp_path / "recs.parquet").read_bytes()
    failed = script(
        f"{nightly} 2>diff.log || echo $?", tmp_path, path, GATE="ndcg@10=0", LEAST_OVERLAP="0.99"
    )
    assert failed.strip().endswith("3")
    assert (tmp_path / "recs.parquet").read_bytes() == kept
    assert "overlap@10" in (tmp_path / "diff.log").read_text()


@pytest.mark.parametrize(
    ("example", "data"), [("movietweetings", "movietweetings-100k"), ("gowalla", "gowalla")]
)
def test_the_example_on_public_data_runs(
    example: str, data: str, shared: Path, tmp_path: Path, path: str
) -> None:
    shown = script(f"{ROOT}/examples/{example}.sh {shared / data} 2>&1", tmp_path, path, QUICK="1")
    assert "ndcg@" in shown
