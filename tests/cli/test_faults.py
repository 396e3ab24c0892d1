"""Kill, full disk, second writer, damage: for the example of every command that writes."""

import fcntl
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recli import registry
from recli.cli import tree
from tests.conftest import run

OUTPUTS = ("-o", "--out", "--train")
EXAMPLES = {words: shlex.split(tree.example(leaf))[1:] for words, leaf in tree.LEAVES.items()}

# Commands that publish by the code of another one.
OTHERS = {
    ("tune",),
    ("score",),
    ("similar",),
    ("train-auto",),
    ("build-index", "auto"),
    ("rerank", "chain"),
    ("simulate",),
}


def written_alike(leaf: tree.Leaf) -> str:
    """What decides how a command writes: of a plug-in, its family; an index by its library."""
    if leaf.plugins == "models":
        shape = registry.load("models", leaf.plugin or "").fit.__annotations__["return"]
        return f"a model with vectors: {shape == 'Factors'}"
    if leaf.plugins == "indexes":
        return str(registry.load("indexes", leaf.plugin or "").LIBRARY)
    return leaf.plugins or " ".join(leaf.words)


# One command of those that write alike: the contract tests hold every model to the rest.
ALIKE = {
    written_alike(leaf): words
    for words, leaf in sorted(tree.LEAVES.items(), reverse=True)
    if words not in OTHERS
}
WRITERS = {words: EXAMPLES[words] for words in ALIKE.values() if set(OUTPUTS) & {*EXAMPLES[words]}}
# A config is text for people to change, a page one to look at: no checksum guards them.
PLAIN = {"best.toml", "blend.toml", "report.html"}
SEALED = [words for words, line in WRITERS.items() if not {*line} & PLAIN]
every_writer = pytest.mark.parametrize("words", sorted(WRITERS), ids=" ".join)


def output_of(line: list[str]) -> str:
    return next(line[at + 1] for at, word in enumerate(line) if word in OUTPUTS)


def elsewhere(line: list[str], place: str) -> list[str]:
    """The line with another output; what it reads may have the same name, and keeps it."""
    at = len(line) - 1 - line[::-1].index(output_of(line))
    return [*line[:at], place, *line[at + 1 :]]


def places(path: Path, whole: bytes, *, table: bool) -> set[int]:
    """Bytes to damage: near the beginning, and further on."""
    if not table:
        return {10, len(whole) // 3}
    # Neither the footer of a table nor what heads a page is under its checksums.
    first = pq.read_metadata(path).row_group(0).column(0)
    begin = first.dictionary_page_offset or first.data_page_offset
    return {10, begin + first.total_compressed_size - 1}


def content(path: Path) -> dict[str, bytes]:
    """Every byte at a path, by file."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(file.relative_to(path)): file.read_bytes() for file in files if file.is_file()}


def data(path: Path) -> dict[str, object]:
    """The same, less what a clock measured: a manifest's timings, and the checksum over them."""
    found: dict[str, object] = dict(content(path))
    if "manifest.json" in found:
        manifest = json.loads((path / "manifest.json").read_bytes())
        found["manifest.json"] = manifest | {"timings": None, "sha256": None}
    return found


def hidden_of(path: Path) -> Path:
    return path.parent / f".{path.name}.recli"


@pytest.fixture(scope="module")
def once(funnel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The folder in which a writer ran once."""

    @cache
    def written(words: tuple[str, ...]) -> Path:
        folder = tmp_path_factory.mktemp("once") / "work"
        shutil.copytree(funnel, folder)
        env = {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}
        run(*WRITERS[words], "--threads", 1, cwd=folder, env=env)
        return folder

    return written


@pytest.fixture
def done(words: tuple[str, ...], once: Callable[..., Path], tmp_path: Path) -> Path:
    """A copy of that folder, which a test may change."""
    folder = tmp_path / "work"
    shutil.copytree(once(words), folder)
    return folder


def test_every_stage_of_the_funnel_is_a_writer() -> None:
    assert len(WRITERS) >= 14


@every_writer
def test_a_full_disk_changes_nothing(words: tuple[str, ...], done: Path) -> None:
    line = WRITERS[words]
    target = done / output_of(line)
    before = content(target)
    smallest = 300  # bytes: less than any result

    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (smallest, smallest))

    # Compiled kernels are cached by now, and a cache that cannot be written is no matter here.
    result = run(*line, cwd=done, check=None, preexec_fn=no_room)
    message = result.stderr.decode()
    assert result.returncode == 74, message
    assert "Traceback" not in message
    assert content(target) == before
    assert not hidden_of(target).exists()


@every_writer
def test_kill_leaves_the_old_result_and_a_second_run_makes_the_same_bytes(
    words: tuple[str, ...], done: Path
) -> None:
    line = WRITERS[words]
    target = done / output_of(line)
    before = data(target)
    process = subprocess.Popen(
        [sys.executable, "-m", "recli", *line, "--quiet"], cwd=done, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not hidden_of(target).exists():
        time.sleep(0.001)
    process.kill()
    process.wait()
    # Old or new, whole; equal inputs make equal results, so there is no telling them apart.
    assert data(target) == before
    run(*line, "--threads", 2, cwd=done, env={"PYTHONHASHSEED": "2", "TZ": "UTC"})
    assert data(target) == before, "the same run gives other bytes with other threads"
    assert not [path for path in done.iterdir() if path.name.endswith(".recli")]


@every_writer
def test_a_second_writer_leaves_at_once(words: tuple[str, ...], workplace: Path) -> None:
    line = WRITERS[words]
    target = workplace / output_of(line)
    hidden = hidden_of(target)
    hidden.touch()
    holder = os.open(hidden, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    done = run(*line, cwd=workplace, check=75)
    assert b"another run" in done.stderr
    os.close(holder)


@every_writer
def test_a_folder_that_is_not_there_is_named_before_any_work(
    words: tuple[str, ...], workplace: Path
) -> None:
    done = run(*elsewhere(WRITERS[words], "nowhere/result"), cwd=workplace, check=73)
    assert b"mkdir -p nowhere" in done.stderr


@every_writer
def test_a_foreign_directory_is_never_swapped_away(words: tuple[str, ...], workplace: Path) -> None:
    mine = workplace / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("three years of work")
    run(*elsewhere(WRITERS[words], "mine"), cwd=workplace, check=73)
    assert (mine / "thesis.txt").read_text() == "three years of work"


@pytest.mark.parametrize("words", sorted(SEALED), ids=" ".join)
def test_a_damaged_byte_is_found(words: tuple[str, ...], done: Path) -> None:
    target = done / output_of(WRITERS[words])
    for name, whole in content(target).items():
        path = target if target.is_file() else target / name
        for at in places(path, whole, table=target.is_file()):
            damaged = bytearray(whole)
            damaged[at] ^= 0x10
            path.write_bytes(damaged)
            found = run("verify", target, check=65)
            assert b"Traceback" not in found.stderr
        path.write_bytes(whole)
    run("verify", target)


def test_a_disk_too_full_for_one_part_changes_no_part(workplace: Path) -> None:
    line = ["split", "time", "interactions.parquet", "--train", "a.parquet", "--test", "b.parquet"]
    run(*line, cwd=workplace)
    parts = [workplace / "a.parquet", workplace / "b.parquet"]
    room = max(part.stat().st_size for part in parts) - 1
    for part in parts:
        part.write_text("old")

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = run(*line, cwd=workplace, check=74, preexec_fn=little_room)
    assert b"a.parquet: the file would pass the size limit" in done.stderr
    assert [part.read_text() for part in parts] == ["old", "old"]
    assert not [path for path in workplace.iterdir() if path.name.endswith(".recli")]
