"""Where a table or artefact came from: a record kept in its footer or manifest.

The record names neither paths nor the moment of the run, so that `a | b` leaves the same
bytes as `a -o x; b x`. Its `time` is that of the newest raw file it descends from, or
SOURCE_DATE_EPOCH where that is set.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import recli

FORMAT = 1
KEY = "recli"
Record = dict[str, Any]


@dataclass
class Input:
    """One input of a run: its content hash, and its own record where recli made it."""

    role: str
    sha256: str
    name: str | None = None  # of a raw file; tables of recli are known by their record
    record: Record | None = None
    time: str | None = None
    last: str | None = None  # moment of its last row, where rows have moments

    def told(self) -> dict[str, str | None]:
        """How a record names it."""
        named = {"role": self.role, "name": self.name, "sha256": self.sha256}
        return named if self.last is None else named | {"last": self.last}


@dataclass
class Provenance:
    """What a run will say of itself in everything that it writes."""

    command: str
    arguments: dict[str, Any] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    chosen_on: list[str] = field(default_factory=list)  # hashes of what options were fitted to

    def record(self, kind: str, rows: dict[str, int]) -> Record:
        """The record of one result: JSON-ready, in a fixed order."""
        ancestors: dict[str, Record] = {}
        for source in self.inputs:
            if source.record:
                ancestors |= source.record.get("ancestors", {})
                ancestors[source.sha256] = {
                    key: value for key, value in source.record.items() if key != "ancestors"
                }
        return {
            "format": FORMAT,
            "recli": recli.__version__,
            "kind": kind,
            "command": self.command,
            "arguments": self.arguments,
            "inputs": [source.told() for source in self.inputs],
            **({"chosen_on": self.chosen_on} if self.chosen_on else {}),
            "rows": rows,
            "time": self._time(),
            "ancestors": dict(sorted(ancestors.items())),
        }

    def _time(self) -> str | None:
        epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
        if epoch.isdigit():
            return stamp(int(epoch))
        return max((source.time for source in self.inputs if source.time), default=None)


def joint(parts: list[tuple[str, Record]]) -> Record:
    """The record of a table in part files, given the hash and the record of each."""
    first = parts[0][1]
    if len(parts) == 1:
        return first
    inputs = [Input("part", sha256, None, made, made.get("time")) for sha256, made in parts]
    return Provenance("parts", {}, inputs).record(str(first.get("kind")), {"in": len(parts)})


def stamp(seconds: float) -> str:
    """Seconds since 1970 as an ISO 8601 time in UTC.

    >>> stamp(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(micros: int) -> str | None:
    """Microseconds since 1970 as an ISO 8601 time in UTC; None for years past 9999.

    >>> moment(1_500_000)
    '1970-01-01T00:00:01.500000Z'
    """
    try:
        found = datetime(1970, 1, 1) + timedelta(microseconds=micros)
    except OverflowError:
        return None
    return f"{found.isoformat(timespec='microseconds')}Z"


def encode(record: Record) -> bytes:
    """A record as JSON bytes, the same for equal records."""
    return as_bytes(json.dumps(record, ensure_ascii=False, sort_keys=False, separators=(",", ":")))


def as_bytes(text: str) -> bytes:
    r"""JSON text as UTF-8, also where it names a file whose name is no text.

    >>> as_bytes('"caf\udce9"')
    b'"caf\\udce9"'
    """
    return text.encode("utf-8", "backslashreplace")


def decode(raw: bytes | None) -> Record | None:
    """The record in a footer, or None where there is none that we can read."""
    if raw is None:
        return None
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and "format" in record else None


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
