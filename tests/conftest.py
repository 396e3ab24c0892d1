"""What every test may use: the real command, and a folder of data that it made."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
Command = Callable[..., "subprocess.CompletedProcess[bytes]"]


def run(
    *arguments: object, check: int | None = 0, **settings: object
) -> "subprocess.CompletedProcess[bytes]":
    """Run `recli` in a process of its own; `check` is the exit status it must end with."""
    words = [sys.executable, "-m", "recli", *map(str, arguments)]
    env = {**os.environ, "COLUMNS": "100"} | dict(settings.pop("env", {}))  # type: ignore[arg-type]
    settings.setdefault("input", b"")
    done = subprocess.run(words, capture_output=True, env=env, timeout=300, **settings)  # type: ignore[call-overload]
    message = done.stderr.decode()
    assert check is None or done.returncode == check, f"{words}: {done.returncode}\n{message}"
    return done


@pytest.fixture(scope="session")
def recli() -> Command:
    return run


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data is not here")
    return SHARED


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small generated shop: interactions, items and users as tables."""
    folder = tmp_path_factory.mktemp("shop")
    run("generate", folder, "--users", 300, "--items", 120, "--seed", 7, "--quiet")
    return folder
