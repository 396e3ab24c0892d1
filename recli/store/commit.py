"""The only code that writes a result: a hidden sibling, then one atomic rename."""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recli.errors import ExitCode, RecliError
from recli.store.failures import writing
from recli.store.target import check_target, hidden_of, is_stream, target_of

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


@contextmanager
def publish_file(target: Path) -> Iterator[Path]:
    """Give the path of a hidden sibling to write, and rename it to `target` at the end.

    The sibling carries the lock: a second writer to `target` raises RecliError (locked).
    After an exception, a kill or a full disk `target` is what it was. A device or a named pipe
    is written in place: it holds nothing that could be lost.
    """
    check_target(target, directory=False)
    if is_stream(target):
        with writing(str(target)):
            yield target
        return
    hidden = hidden_of(target)
    with _owned(hidden, directory=False), writing(str(target)):
        yield hidden
        _sync(hidden)
        os.replace(hidden, target)
        _sync(target.parent)


@contextmanager
def publish_directory(target: Path) -> Iterator[Path]:
    """Give the path of a hidden directory to fill, and swap it with `target` at the end."""
    check_target(target, directory=True)
    hidden = hidden_of(target)
    with _owned(hidden, directory=True), writing(str(target)):
        yield hidden
        for path in sorted(hidden.rglob("*"), reverse=True):
            _sync(path)
        _sync(hidden)
        if not target.exists():
            os.rename(hidden, target)
        else:
            _exchange(hidden, target)
        _sync(target.parent)


@contextmanager
def _owned(hidden: Path, *, directory: bool) -> Iterator[None]:
    """Hold the lock on a freshly made hidden sibling; clear away what a killed run left."""
    with writing(str(target_of(hidden))):
        try:
            _clear(hidden)
            _create(hidden, directory)
            descriptor = _lock(hidden)
        except (FileExistsError, FileNotFoundError):
            raise _locked(hidden) from None
    try:
        yield
    finally:
        if _is_same(descriptor, hidden):
            _remove(hidden)
        os.close(descriptor)


def _clear(hidden: Path) -> None:
    """Remove what stands at the hidden name, unless a living run holds its lock."""
    if hidden.is_symlink():
        hidden.unlink()
    elif hidden.exists():
        stale = _lock(hidden)
        _remove(hidden)
        os.close(stale)


def _create(hidden: Path, directory: bool) -> None:
    if directory:
        hidden.mkdir()
    else:
        os.close(os.open(hidden, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o666))


def _lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise _locked(path) from None
    # Between the open and the lock another run may have removed the file and made its own.
    if not _is_same(descriptor, path):
        os.close(descriptor)
        raise _locked(path)
    return descriptor


def _locked(hidden: Path) -> RecliError:
    return RecliError(
        f"{target_of(hidden)} is being written by another run",
        "wait for it to end",
        code=ExitCode.LOCKED,
    )


def _is_same(descriptor: int, path: Path) -> bool:
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev)


def _remove(path: Path) -> None:
    if stat.S_ISDIR(path.lstat().st_mode):
        shutil.rmtree(path)
    else:
        path.unlink()


def settle(stream: IO[bytes]) -> None:
    """Flush a stream, and bring a file to the disk."""
    stream.flush()
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        os.fsync(stream.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exchange(hidden: Path, target: Path) -> None:
    """Swap two directories in one step and remove the old one, its lock held meanwhile."""
    old = _lock(target)
    try:
        if not _renamed_at_once(hidden, target):
            # No atomic exchange on this system: the path is empty for an instant.
            aside = hidden.with_name(hidden.name + ".old")
            os.rename(target, aside)
            os.rename(hidden, target)
            os.rename(aside, hidden)
        _remove(hidden)
    finally:
        os.close(old)


def _renamed_at_once(hidden: Path, target: Path) -> bool:
    exchange = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if exchange is None:
        return False
    names = os.fsencode(hidden), os.fsencode(target)
    if exchange(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL):
        return False
    raise OSError(number, os.strerror(number), str(target))
