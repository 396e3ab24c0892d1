"""Every command's help and example: the example runs, in the folder of the funnel."""

import shlex
import time
from pathlib import Path

import pytest

from recli.cli import tree
from recli.cli.command import build
from tests.conftest import run

EXAMPLES = {words: tree.example(leaf) for words, leaf in tree.LEAVES.items()}


@pytest.mark.parametrize("words", sorted(EXAMPLES), ids=" ".join)
def test_the_example_of_the_help_runs(words: tuple[str, ...], workplace: Path) -> None:
    line = shlex.split(EXAMPLES[words])
    assert line[0] == "recli"
    assert tuple(line[1 : 1 + len(words)]) == words
    done = run(*line[1:], cwd=workplace)
    assert done.stderr or words[0] in ("completions",)


@pytest.mark.parametrize("words", sorted(EXAMPLES), ids=" ".join)
def test_the_help_shows_every_option_and_the_example(words: tuple[str, ...]) -> None:
    shown = run(*words, "--help").stdout.decode()
    assert EXAMPLES[words].split(" --")[0] in " ".join(shown.split())
    for parameter in build(tree.LEAVES[words]).params:
        named = parameter.opts if parameter.param_type_name == "option" else [parameter.metavar]
        assert all(name in shown for name in named if name), parameter.name


def test_the_root_help_lists_every_command_by_stage() -> None:
    shown = run("--help").stdout.decode()
    for words in tree.LEAVES:
        assert f"  {words[0]} " in shown
    assert "Exit status" in shown


def test_no_heavy_library_loads_for_help() -> None:
    import subprocess
    import sys

    for words in ([], ["train-als"], ["retrieve"], ["rerank", "mmr"]):
        command = [sys.executable, "-X", "importtime", "-m", "recli", *words, "--help"]
        loaded = subprocess.run(command, capture_output=True, check=True).stderr.decode()
        names = {line.rsplit("|", 1)[-1].strip().partition(".")[0] for line in loaded.splitlines()}
        heavy = {"polars", "numpy", "scipy", "numba", "pyarrow", "lightgbm", "faiss"} & names
        assert not heavy, f"{words}: {heavy}"


def test_no_table_needs_pandas(workplace: Path, tmp_path: Path) -> None:
    trap = tmp_path / "traps" / "pandas.py"
    trap.parent.mkdir()
    trap.write_text('raise SystemExit("pandas was imported")')
    line = ("verify", "candidates.parquet")
    done = run(*line, cwd=workplace, check=None, env={"PYTHONPATH": str(trap.parent)})
    assert b"pandas was imported" not in done.stderr
    assert done.returncode == 0


def test_help_is_quick() -> None:
    fastest = {}
    for words in ((), ("train-als",)):
        seconds = []
        for _ in range(4):
            begun = time.perf_counter()
            run(*words, "--help")
            seconds.append(time.perf_counter() - begun)
        fastest[words] = min(seconds)
    # The bars are 0.15 s and 0.25 s on a quiet machine; a busy one gets three times that.
    assert fastest[()] < 0.45
    assert fastest["train-als",] < 0.75


def test_version_is_that_of_the_package() -> None:
    import recli

    assert run("--version").stdout.decode() == f"recli {recli.__version__}\n"
