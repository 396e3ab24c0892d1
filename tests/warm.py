"""A process that has imported what every command imports, and is forked for each of them.

A command spends most of its time on these imports, and tests run a thousand. recli itself is not
among them. A fork has none of the threads of what it is a fork of: the libraries are imported and
no more, so that none has started those that it works with.
"""

import gc
import os
import runpy
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, Popen
from threading import Lock
from typing import Any

LIBRARIES = (
    "faiss",
    "lightgbm",
    "numba",
    "optuna",
    "polars",
    "pydantic",
    "pyarrow.parquet",
    "scipy.linalg",
    "scipy.optimize",
    "scipy.sparse",
    "typer",
)
LONGEST = 300  # seconds that a command may take
LENGTH = 8  # bytes of the number that a message begins with


class Warm:
    """Starts commands; one of it serves all tests of a process."""

    def __init__(self, env: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair()
        line = [sys.executable, __file__, str(theirs.fileno())]
        self._server = Popen(line, env=env, pass_fds=[theirs.fileno()], stdin=DEVNULL)
        self._asked, self._turn = ours, Lock()
        theirs.close()

    def start(self, words: Sequence[str], cwd: Path | None, files: Sequence[int]) -> socket.socket:
        """Run `recli` on words, with three files as input, output and error.

        The socket that is returned gives the exit status as decimal digits, and ends.
        """
        ours, theirs = socket.socketpair()
        text = os.fsencode("\0".join([str(cwd or Path.cwd()), *words]))
        with self._turn, theirs:
            message = [len(text).to_bytes(LENGTH), text]
            socket.send_fds(self._asked, message, [*files, theirs.fileno()])
        return ours


def serve(asked: socket.socket) -> list[str]:
    """Fork for every command that is asked for; returns its words, in the fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # none of those who wait is waited for
    while True:
        head, files, _, _ = socket.recv_fds(asked, LENGTH, 4)
        if not head:
            os._exit(0)
        text = asked.recv(int.from_bytes(head), socket.MSG_WAITALL)
        if not os.fork():
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asked.close()
            return _forked(os.fsdecode(text).split("\0"), files)
        for file in files:
            os.close(file)


def _forked(words: list[str], files: list[int]) -> list[str]:
    """The words, in a process of the command's own; this one tells its status, and ends."""
    *standard, answer = files
    command = os.fork()
    if command:
        signal.signal(signal.SIGALRM, lambda *_: os.kill(command, signal.SIGKILL))
        signal.alarm(LONGEST)
        status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        os.write(answer, str(status).encode())
        os._exit(0)
    for number, file in enumerate(standard):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.chdir(words[0])
    return words[1:]


def main() -> Any:
    """Import, serve, and be a command."""
    for name in LIBRARIES:
        __import__(name)
    gc.freeze()  # a fork has a page of its own once it is written to, as by a collection
    sys.argv = ["recli", *serve(socket.socket(fileno=int(sys.argv[1])))]
    sys.path[0] = str(Path.cwd())  # as for any `python -m`
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        setattr(sys, name, os.fdopen(number, mode, closefd=False))
    runpy.run_module("recli", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
