"""A child process for code that may crash or hang: it answers questions, or it is lost."""

import contextlib
import multiprocessing
import os
import signal
import threading
import weakref
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

ANSWER, REFUSAL = b"+", b"-"
CHUNK = 1 << 16  # bytes of a message that a socket takes whole, even of a child that hangs


class ChildLostError(Exception):
    """The child died, or it did not answer in time."""


class RefusedError(Exception):
    """The child says in its own words what is wrong."""


class Child:
    """A process that runs `serve(connection, *arguments)`, and ends when its parent does.

    `serve` must be a function of a module, `arguments` must survive pickling.
    """

    def __init__(self, serve: Callable[..., None], *arguments: Any) -> None:
        # A fork would inherit the locks of numba's and polars' threads in an unknown state.
        context = multiprocessing.get_context("spawn")
        self.connection, there = context.Pipe()
        self.process = context.Process(target=_run, args=(serve, there, arguments), daemon=True)
        self.process.start()
        there.close()
        self._end = weakref.finalize(self, _end, self.process, self.connection)

    def tell(self, message: bytes) -> None:
        """Send bytes; raises what `hear` raises where the child is gone."""
        try:
            self.connection.send_bytes(message)
        except OSError:
            self.hear(1.0)  # its last words, where it had any
            raise ChildLostError from None

    def hear(self, seconds: float | None) -> bytes:
        """The child's answer; raises RefusedError with its words, or ChildLostError."""
        try:
            if not self.connection.poll(seconds):
                raise ChildLostError
            answer = self.connection.recv_bytes()
        except (EOFError, OSError):
            raise ChildLostError from None
        if answer[:1] == ANSWER:
            return answer[1:]
        raise RefusedError(answer[1:].decode("utf-8", "replace"))

    def end(self) -> None:
        """End the child now, whatever it does."""
        self._end()


def answer(connection: Connection, message: bytes = b"") -> None:
    """Called in the child: answer the parent."""
    connection.send_bytes(ANSWER + message)


def end_with_parent() -> None:
    """Called in a child: it ends as soon as its parent does, however that came to its end."""
    threading.Thread(target=_outlive_nobody, daemon=True).start()


def _end(process: Any, connection: Connection) -> None:
    connection.close()
    process.kill()
    process.join()


def _run(serve: Callable[..., None], connection: Connection, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C is the parent's to handle, and what a crash prints would be noise beside its words.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    end_with_parent()
    try:
        serve(connection, *arguments)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 - the parent is told, and decides
        with contextlib.suppress(OSError):
            connection.send_bytes(REFUSAL + str(error).encode())


def _outlive_nobody() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
