"""The only code that reads what measurements wrote: JSON objects and tables of trade-offs."""

import json
from dataclasses import dataclass
from typing import Any

from recli.errors import RecliError
from recli.reports import TRADE_OFF
from recli.store.failures import reading
from recli.store.open import Table, opened
from recli.store.spool import Source, source

LARGEST = 1 << 27  # bytes of an object: past it a file is no measurement of ours
_REMEDY = (
    "name what `recli evaluate --json`, or another command's --json, or `recli rerank --curve` "
    "wrote"
)


@dataclass(frozen=True)
class Written:
    """What one file holds: an object of --json, or else a table of TRADE_OFF."""

    where: str
    sha256: str
    told: dict[str, Any] | None = None
    table: Table | None = None


def open_run(name: str) -> Written:
    """What a measurement wrote to a path, or to the pipe that is standard input.

    Raises RecliError where it is neither an object of recli nor a table of TRADE_OFF.
    """
    found = source(name)
    if found.head(64).lstrip()[:1] != b"{":
        return _trade_off(name, found)
    told = _object(found)
    if told is None or TRADE_OFF.required.keys() <= told.keys():
        return _trade_off(name, found)
    if not {"format", "recli"} <= told.keys() or not isinstance(told["format"], int):
        raise RecliError(f"{found.where} is JSON, but no measurement of recli", _REMEDY)
    return Written(found.where, found.sha256, told=told)


def _trade_off(name: str, found: Source) -> Written:
    try:
        table = opened(name, (found,), TRADE_OFF)
    except RecliError as error:
        raise RecliError(
            f"{found.where} is no measurement: {error.what.removeprefix(found.where).lstrip(': ')}",
            _REMEDY,
            code=error.code,
        ) from error
    return Written(found.where, found.sha256, table=table)


def _object(found: Source) -> dict[str, Any] | None:
    """The one object that a file holds; None where it holds lines of JSON, or none at all."""
    if found.size > LARGEST:
        raise RecliError(f"{found.where} is {found.size >> 20:,} MiB of JSON", _REMEDY)
    with reading(found.where):
        raw = found.head(found.size)
    try:
        # Python's reader takes NaN and Infinity, which are no JSON: here they are no number.
        told = json.loads(raw, parse_constant=lambda _: None)
    except ValueError:
        return None
    except RecursionError:
        raise RecliError(f"{found.where} is nested too deeply", _REMEDY) from None
    return told if isinstance(told, dict) else None
