"""What goes wrong because of the outside world, and the exit codes it ends with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of every command, as documented in `recli --help`."""

    DONE = 0
    BUG = 1
    USAGE = 2
    GATE = 3
    DATA = 65
    NO_INPUT = 66
    WORKER = 70
    CANNOT_CREATE = 73
    IO = 74
    LOCKED = 75
    CONFIG = 78
    TIME_LIMIT = 124
    BROKEN_PIPE = 141


class RecliError(Exception):
    """A fault that a user can cause and mend.

    >>> error = RecliError("ratings.csv: no column 'user_id'", "name it: --map user=uid")
    >>> str(error)
    "ratings.csv: no column 'user_id'; name it: --map user=uid"
    >>> int(error.code)
    65
    """

    def __init__(self, what: str, remedy: str = "", *, code: ExitCode = ExitCode.DATA) -> None:
        super().__init__(f"{what}; {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy
        self.code = code

    def __reduce__(self) -> tuple[object, ...]:
        # A worker process hands its error to the parent; keyword arguments need a way through.
        return _rebuild, (self.what, self.remedy, int(self.code))


def _rebuild(what: str, remedy: str, code: int) -> RecliError:
    return RecliError(what, remedy, code=ExitCode(code))
