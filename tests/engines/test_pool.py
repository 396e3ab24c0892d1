"""Workers: none is left behind, however their parent came to its end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import recli

HOLDER = """
import os, sys, time
from recli.engines.pool import map_blocks
from recli.engines.result import Result

def work(block):
    print(os.getpid(), flush=True)
    time.sleep(60)

def build():
    return work

if __name__ == "__main__":
    list(map_blocks(build, [{}, {}, {}], 2))
"""


@pytest.mark.parametrize("kind", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_a_killed_parent(kind: signal.Signals, tmp_path: Path) -> None:
    script = tmp_path / "holder.py"
    script.write_text(HOLDER)
    env = {**os.environ, "PYTHONPATH": str(Path(recli.__file__).parents[1])}
    words = [sys.executable, str(script)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=env) as parent:
        assert parent.stdout is not None
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(kind)
    latest = time.monotonic() + 10
    while any(map(_lives, workers)):
        assert time.monotonic() < latest
        time.sleep(0.01)


def _lives(process: int) -> bool:
    """Whether a process runs; one that ended and that nobody asked after does not."""
    try:
        return b") Z" not in Path(f"/proc/{process}/stat").read_bytes()
    except OSError:
        return False
