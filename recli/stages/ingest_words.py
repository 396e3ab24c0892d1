"""From the words of ingest's command line to checked values."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from recli.errors import ExitCode, RecliError
from recli.kernels import moments
from recli.stages.ingest_choices import Choices, Limit

ROLES = {
    "user": "user_id",
    "item": "item_id",
    "time": "timestamp",
    "timestamp": "timestamp",
    "rating": "rating",
    "event": "event",
    "weight": "weight",
}
UNITS = ("s", "ms", "us", "ns")


def choices(**words: Any) -> Choices:
    """The choices that options of the command line, given at `started`, amount to.

    Raises RecliError (usage) for one that cannot be read, or that makes no sense with others.
    """
    kind, zone = words["kind"], words["time_zone"]
    zone_of(zone)
    columns, unit = column_map(words["map"] or [])
    events = words["event_weights"]
    least = after_colon("--min-value", words["min_value"] or [], "watched_s:30")
    found = Choices(
        kind=kind,
        columns=columns,
        unit=unit,
        lists=after_colon("--list", words["lists"] or [], "genres:'|'"),
        drop=tuple(words["drop"] or ()),
        numeric_ids=words["id_type"] == "int64",
        zone=zone,
        time_format=words["time_format"],
        now=moment("--now", words["now"], zone) or words["started"],
        event_weights=numbers("--event-weights", events, "view=1,cart=3") if events else None,
        min_rating=words["min_rating"],
        min_value={name: number("--min-value", value) for name, value in least.items()},
        since=moment("--since", words["since"], zone),
        until=moment("--until", words["until"], zone),
        duplicates=words["duplicates"] or ("keep" if kind == "interactions" else "error"),
        min_per_user=words["min_per_user"],
        min_per_item=words["min_per_item"],
        keep_rejects=words["rejects"] is not None,
        limit=limit(words["max_rejects"], words["rejects"]),
    )
    _check(found, unit)
    return found


def _check(found: Choices, unit: str | None) -> None:
    only_pairs = {
        "--event-weights": found.event_weights is not None,
        "--min-rating": found.min_rating is not None,
        "--since": found.since is not None,
        "--until": found.until is not None,
        "--min-per-user": found.min_per_user > 0,
        "--min-per-item": found.min_per_item > 0,
        f"--duplicates {found.duplicates}": found.duplicates in ("sum", "max", "keep"),
    }
    wrong = [flag for flag, given in only_pairs.items() if given]
    if found.kind != "interactions" and wrong:
        raise RecliError(
            f"{', '.join(wrong)} is for interactions, not for {found.kind}", code=ExitCode.USAGE
        )
    if unit and found.time_format:
        raise RecliError("both a unit and --time-format", "give one of them", code=ExitCode.USAGE)
    if found.since and found.until and found.since >= found.until:
        raise RecliError("--since is not before --until", code=ExitCode.USAGE)


def column_map(words: list[str]) -> tuple[dict[str, str], str | None]:
    """New names and the columns they come from, and the unit of the timestamp.

    >>> column_map(["user=uid,timestamp=ts:ms", "stars=rating"])
    ({'user_id': 'uid', 'timestamp': 'ts', 'stars': 'rating'}, 'ms')
    """
    found: dict[str, str] = {}
    unit = None
    for name, column in pairs("--map", words, "user=uid,item=sku,timestamp=ts:ms"):
        role = ROLES.get(name, name)
        if role in found:
            raise RecliError(f"--map names '{name}' twice", code=ExitCode.USAGE)
        before, colon, after = column.rpartition(":")
        if role == "timestamp" and colon and after in UNITS:
            column, unit = before, after  # noqa: PLW2901
        found[role] = column
    return found, unit


def pairs(flag: str, words: list[str], example: str) -> list[tuple[str, str]]:
    """The `name=value` pairs of an option that may be repeated or hold several with commas."""
    found = []
    for word in ",".join(words).split(",") if words else []:
        name, equals, value = word.partition("=")
        if not equals or not name.strip():
            raise RecliError(f"{flag} {word}", f"write it like {example}", code=ExitCode.USAGE)
        found.append((name.strip(), value))
    return found


def numbers(flag: str, words: list[str], example: str) -> dict[str, float]:
    """Finite numbers by name, as in `view=1,cart=3`."""
    return {name: number(flag, value) for name, value in pairs(flag, words, example)}


def number(flag: str, word: str) -> float:
    """A finite number. Raises RecliError (usage) for anything else."""
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not -1e30 < value < 1e30:
        raise RecliError(f"{flag}: '{word}' is not a number", code=ExitCode.USAGE)
    return value


def after_colon(flag: str, words: list[str], example: str) -> dict[str, str]:
    """Values by column, as in `genres:|`; the value may be a colon itself."""
    found = {}
    for word in words:
        name, colon, value = word.partition(":")
        if not colon or not name or not value:
            raise RecliError(f"{flag} {word}", f"write it like {example}", code=ExitCode.USAGE)
        found[name] = value
    return found


def moment(flag: str, word: str | None, zone: str | None) -> datetime | None:
    """A date or time of the command line, in `zone` where it names none, UTC otherwise."""
    return None if word is None else moments.moment(flag, word, zone_of(zone))


def zone_of(name: str | None) -> ZoneInfo:
    """A time zone by name. Raises RecliError (usage) for one that is not known."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, KeyError):
        raise RecliError(
            f"--time-zone {name} is not known", "write Europe/Berlin or UTC", code=ExitCode.USAGE
        ) from None


def limit(word: str | None, rejects: str | None) -> Limit:
    """A count, or a percentage of all rows; no bad row at all where there is no file for it.

    >>> limit("0.1%", "bad.csv").of(20_000), limit("7", "bad.csv").of(20_000), limit(None, None)
    (20, 7, Limit(count=0, share=None))
    """
    if rejects is None:
        if word is not None:
            raise RecliError("--max-rejects needs --rejects FILE", code=ExitCode.USAGE)
        return Limit()
    word = (word or "0.1%").strip()
    share = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", word)
    if share and float(share[1]) <= 100:
        return Limit(share=float(share[1]) / 100)
    if word.isdigit():
        return Limit(int(word))
    raise RecliError(
        f"--max-rejects {word}", "give a count or a share such as 0.1%", code=ExitCode.USAGE
    )
