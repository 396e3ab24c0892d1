"""What the libraries below us raise, in our words: file, cause, remedy, exit code."""

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from recli.errors import ExitCode, RecliError

_OS_ERROR = re.compile(r"(?:os error|errno:?) (\d+)", re.IGNORECASE)
_CREATING = (  # what keeps a result from being created, rather than from being written
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENAMETOOLONG,
)
_CODES = {
    errno.ENOENT: (ExitCode.NO_INPUT, "no such file or directory", "check the path"),
    errno.EACCES: (ExitCode.NO_INPUT, "permission denied", "check its permissions"),
    errno.ENOTDIR: (ExitCode.NO_INPUT, "a part of the path is no directory", "check the path"),
    errno.ENAMETOOLONG: (ExitCode.NO_INPUT, "the name is too long", "choose a shorter one"),
    errno.EBADF: (ExitCode.IO, "it is closed", "leave it open, or name a file"),
    errno.ENOSPC: (ExitCode.IO, "the disk is full", "free some space or set TMPDIR"),
    errno.EDQUOT: (ExitCode.IO, "the disk quota is used up", "free some space"),
    errno.EFBIG: (ExitCode.IO, "the file would pass the size limit", "raise 'ulimit -f'"),
    errno.EIO: (ExitCode.IO, "the device failed to read or write", "check the disk"),
}


def number_of(error: BaseException) -> int | None:
    """The errno behind an exception, also when a library hid it in a message or a cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno:
            return cause.errno
        found = _OS_ERROR.search(str(cause))
        if found:
            return int(found.group(1))
        cause = cause.__cause__ or cause.__context__
    return None


def is_broken_pipe(error: BaseException) -> bool:
    """Whether the reader of our output went away; polars says so in a ComputeError."""
    return number_of(error) == errno.EPIPE or "Broken pipe" in str(error)


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn any library's failure to read `where` into a RecliError."""
    try:
        yield
    except (RecliError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        if not _is_fault_of_data(error):
            raise
        raise _described(error, where, "read", "is it whole? make it again") from error


@contextmanager
def writing(where: str) -> Iterator[None]:
    """Turn any library's failure to write `where` into a RecliError; a closed pipe passes."""
    try:
        yield
    except (RecliError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        number = number_of(error)
        if is_broken_pipe(error) or number is None:
            raise
        described = _described(error, where, "written", "choose another place")
        described.code = ExitCode.CANNOT_CREATE if number in _CREATING else ExitCode.IO
        raise described from error


@contextmanager
def named(where: str) -> Iterator[None]:
    """Put the name of a file before what a floor below, which knows only bytes, says of it."""
    try:
        yield
    except RecliError as error:
        if error.what.startswith(where):
            raise
        raise RecliError(f"{where}: {error.what}", error.remedy, code=error.code) from error


def _described(error: BaseException, where: str, done: str, remedy: str) -> RecliError:
    number = number_of(error)
    if number in _CODES:
        code, cause, remedy = _CODES[number]
        return RecliError(f"{where}: {cause}", remedy, code=code)
    line = str(error).strip().partition("\n")[0][:300]
    return RecliError(f"{where} cannot be {done}: {line}", remedy)


def _is_fault_of_data(error: BaseException) -> bool:
    # polars panics are no Exception, and pyarrow's errors are ValueErrors and OSErrors.
    module = type(error).__module__.partition(".")[0]
    return module in ("polars", "pyarrow", "pyo3_runtime") or isinstance(
        error, OSError | EOFError | UnicodeDecodeError
    )
