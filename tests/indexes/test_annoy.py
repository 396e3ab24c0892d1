"""The forest in child processes: what happens when one is lost."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from recli.errors import RecliError
from recli.indexes import annoy
from recli.indexes.annoy import Annoy
from recli.kernels.shapes import Vectors

HOLDER = """
import sys, time, numpy as np
from pathlib import Path
from recli.indexes.annoy import Annoy
if __name__ == "__main__":
    vectors = np.ones((50, 4), np.float32)
    Annoy(2).build(vectors, Path(sys.argv[1]), 0, 1)
    search = Annoy(2).open(Path(sys.argv[1]), vectors, 1)
    print(search.children[0].process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def vectors() -> Vectors:
    return np.random.default_rng(0).standard_normal((300, 8)).astype(np.float32)


def test_a_killed_child_gives_no_answer_now_and_later(vectors: Vectors, tmp_path: Path) -> None:
    Annoy().build(vectors, tmp_path, 0, 1)
    search = Annoy().open(tmp_path, vectors, 2)
    assert search(vectors, 5, 10) is not None
    os.kill(search.children[1].process.pid, signal.SIGKILL)
    assert search(vectors, 5, 10) is None
    assert search(vectors, 5, 10) is None


def test_a_child_that_hangs_is_given_up(
    vectors: Vectors, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Annoy().build(vectors, tmp_path, 0, 1)
    search = Annoy().open(tmp_path, vectors, 1)
    monkeypatch.setattr(annoy, "_PATIENCE", 0.3)
    child = search.children[0].process
    os.kill(child.pid, signal.SIGSTOP)
    assert search(vectors, 5, 10) is None
    assert not child.is_alive()


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "holder.py"
    script.write_text(HOLDER)
    words = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=_with_this_package()) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def test_a_file_that_cannot_be_written_is_an_error_with_its_number(
    vectors: Vectors, tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        Annoy().build(vectors, tmp_path / "absent", 0, 1)


def test_no_tree_is_a_wrong_choice() -> None:
    with pytest.raises(RecliError) as caught:
        Annoy(trees=0)
    assert caught.value.code == 2


def _with_this_package() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(annoy.__file__).parents[2])}


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
