"""A child process: it answers, it refuses in words, it is lost, it leaves nothing behind."""

import os
import signal
import time
from multiprocessing.connection import Connection

import pytest

from recli.kernels.isolated import Child, ChildLostError, RefusedError, answer


def echo(connection: Connection, greeting: str) -> None:
    while True:
        message = connection.recv_bytes()
        if message == b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        if message == b"hang":
            time.sleep(60)
        if message == b"refuse":
            raise ValueError("no such thing")
        answer(connection, greeting.encode() + message)


def test_a_child_answers_until_it_is_ended() -> None:
    child = Child(echo, "hello ")
    for word in (b"you", b"again"):
        child.tell(word)
        assert child.hear(20) == b"hello " + word
    child.end()
    assert child.process.exitcode is not None


@pytest.mark.parametrize(
    ("word", "seconds", "error"),
    [(b"crash", 20, ChildLostError), (b"hang", 0.2, ChildLostError), (b"refuse", 20, RefusedError)],
)
def test_a_child_that_does_not_answer_is_an_error(
    word: bytes, seconds: float, error: type[Exception]
) -> None:
    child = Child(echo, "")
    child.tell(b"ready")
    child.hear(20)
    child.tell(word)
    with pytest.raises(error):
        child.hear(seconds)
    child.end()


def test_what_a_refusing_child_said_is_heard_when_it_is_told_more() -> None:
    child = Child(echo, "")
    child.tell(b"refuse")
    child.process.join(20)
    with pytest.raises(RefusedError, match="no such thing"):
        child.tell(b"more")


def test_a_forgotten_child_ends() -> None:
    child = Child(echo, "")
    process = child.process
    del child
    assert process.exitcode is not None
