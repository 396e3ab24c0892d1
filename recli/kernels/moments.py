"""Dates, times and spans of time of the command line."""

import re
from datetime import UTC, datetime, tzinfo

from recli.errors import ExitCode, RecliError

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(flag: str, word: str, zone: tzinfo = UTC) -> datetime:
    """The time of a word in ISO 8601, in `zone` where it names none.

    Raises RecliError (usage) for a word that is no time.
    """
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise RecliError(
            f"{flag} {word} is no time", "write 2020-01-31 or 2020-01-31T18:00", code=ExitCode.USAGE
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def micros(flag: str, word: str) -> int:
    """Microseconds since 1970 of a word, in UTC where it names no zone.

    >>> micros("--now", "1970-01-02")
    86400000000
    """
    return (moment(flag, word) - EPOCH) // datetime.resolution


def seconds(flag: str, word: str) -> float:
    """Seconds of `90s`, `30m`, `2h`, `7d` or `4w`; RecliError (usage) where it is no span of time.

    >>> seconds("--time-limit", "1.5m")
    90.0
    """
    found = _SPAN.fullmatch(word.strip())
    if not found:
        raise _no_span(flag, word)
    return float(found[1]) * _SECONDS[found[2]]


def span(flag: str, word: str) -> int:
    """Microseconds of the same, which may not be 0.

    >>> span("--label-delay", "1.5h")
    5400000000
    """
    found = seconds(flag, word)
    if not found:
        raise _no_span(flag, word)
    return round(found * 1_000_000)


def _no_span(flag: str, word: str) -> RecliError:
    return RecliError(
        f"{flag} {word} is no span of time", "write 90s, 30m, 2h or 7d", code=ExitCode.USAGE
    )
