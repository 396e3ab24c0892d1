"""What every test may use: the real command, and a folder of data that it made."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.warm import LONGEST, Warm

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
# Tests run side by side: a process that takes every core slows down those beside it.
ALONE = {
    "RECLI_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "COLUMNS": "100",
}
Done = subprocess.CompletedProcess[bytes]
Command = Callable[..., Done]

# The folder in which every example of every command runs; later steps use earlier results.
STEPS = """
generate -o shop --users 400 --items 150 --visits 5 --seed 7 --format csv
ingest shop/interactions.csv -o interactions.parquet
ingest --kind items shop/items.csv -o items.parquet --list categories:|
ingest --kind users shop/users.csv -o users.parquet
split time interactions.parquet --train train.parquet --test test.parquet
split time train.parquet --train past.parquet --test labels.parquet
train-als past.parquet -o past.als --factors 16
train-als train.parquet -o als.model --factors 16
build-index exact als.model -o als.index
retrieve past.als --users labels.parquet --history past.parquet -k 50 -o past.candidates.parquet
retrieve als.model --history train.parquet -k 50 -o candidates.parquet
train-lambdamart past.candidates.parquet --labels labels.parquet --history past.parquet \
--items items.parquet -o ranker.model --trees 20
rank ranker.model candidates.parquet --history train.parquet --items items.parquet -k 20 \
-o recs.parquet
rerank bucket recs.parquet --salt spring-test -o bucketed.parquet
evaluate recs.parquet test.parquet ndcg@10 coverage@10 --history train.parquet --json \
-o evaluate.json
fit-position-bias shop/shown.csv -o curve.parquet
bandit-update state.parquet shop/shown.csv -o state.parquet
bandit-update linear.parquet shop/shown.csv --context price --items items.parquet -o linear.parquet
"""


def run(*arguments: object, check: int | None = 0, **settings: Any) -> Done:
    """Run `recli` in a process of its own; `check` is the exit status it must end with.

    `under` are the words of a program that starts it.
    """
    words = [*map(str, arguments)]
    if {*settings} <= {"cwd", "input"}:
        done = _forked(words, **settings)
    else:
        done = _started(words, **settings)
    message = done.stderr.decode()
    assert check is None or done.returncode == check, f"{words}: {done.returncode}\n{message}"
    return done


def _forked(words: list[str], cwd: Path | None = None, input: bytes = b"") -> Done:  # noqa: A002
    """Run a command in a fork of a process that is warm."""
    pipes = [os.pipe() for _ in range(3)]
    told = _warm().start(words, cwd, [pipes[0][0], pipes[1][1], pipes[2][1]])
    for file in (pipes[0][0], pipes[1][1], pipes[2][1]):
        os.close(file)
    with ThreadPoolExecutor(3) as each, told:
        given = each.submit(_written, pipes[0][1], input)
        said = [each.submit(_read, pipe[0]) for pipe in pipes[1:]]
        status = int(told.recv(16))
        given.result()
        return Done(words, status, *(one.result() for one in said))


def _written(file: int, text: bytes) -> None:
    with suppress(BrokenPipeError), os.fdopen(file, "wb") as pipe:
        pipe.write(text)


def _read(file: int) -> bytes:
    with os.fdopen(file, "rb") as pipe:
        return pipe.read()


@cache
def _warm() -> Warm:
    return Warm({**os.environ, **ALONE})


def _started(words: list[str], **settings: Any) -> Done:
    """Run a command in a process that is new."""
    line = [*settings.pop("under", ()), sys.executable, "-m", "recli", *words]
    env = {**os.environ, **ALONE} | settings.pop("env", {})
    settings.setdefault("input", b"")
    done: Done = subprocess.run(  # noqa: PLW1510
        line, capture_output=True, env=env, timeout=LONGEST, **settings
    )
    return done


@pytest.fixture(scope="session")
def recli() -> Command:
    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data is not here")
    return SHARED


def made_once(name: str, make: Callable[[Path], None], factory: pytest.TempPathFactory) -> Path:
    """A folder that the first of the processes that tests run in makes for all of them."""
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, making = base / name, base / f"{name}.making"
        if not folder.exists():
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            make(making)
            making.rename(folder)
    return folder


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generated shop: interactions, items and users as tables; not to be changed."""

    def make(folder: Path) -> None:
        run("generate", "-o", "shop", "--users", 300, "--items", 120, "--seed", 7, cwd=folder)

    return made_once("small", make, tmp_path_factory) / "shop"


@pytest.fixture(scope="session")
def funnel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every file of a small funnel under the names that the examples use; not to be changed."""

    def make(folder: Path) -> None:
        for line in STEPS.strip().splitlines():
            run(*line.split(), "--quiet", cwd=folder)
        (folder / "rules.toml").write_text('[[rule]]\nrule = "cap"\nby = "categories"\n')

    return made_once("funnel", make, tmp_path_factory)


@pytest.fixture
def workplace(funnel: Path, tmp_path: Path) -> Path:
    """A copy of the funnel that a test may change."""
    folder = tmp_path / "work"
    shutil.copytree(funnel, folder)
    return folder
