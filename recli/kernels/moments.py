"""Dates and times of the command line."""

from datetime import UTC, datetime, tzinfo

from recli.errors import ExitCode, RecliError

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
