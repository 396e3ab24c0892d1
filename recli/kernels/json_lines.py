"""Lines of JSON as frames, exact about every line, fast on clean ones."""

import json
import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import IO, Any

import polars as pl
from polars.exceptions import PolarsError

from recli.kernels.chunks import SNIPPET, SNIPPETS, Chunk, Fault, lines_ahead, readable, snippets

BOM = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
# Half of a surrogate pair; polars would make a NUL of it.
HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)
# What follows the key of an id; polars would write 1.10 as 1.1 where other ids are text.
ODD = rb'\s*:\s*(?!"|null|(?:0|-?[1-9]\d*)[\s,}])'
PLAIN = re.compile(r"0|-?[1-9]\d*")
GREATEST = 2**127 - 1  # what a column of whole numbers can hold


def chunks(stream: IO[bytes], text: tuple[str, ...]) -> Iterator[Chunk]:
    """Chunks of objects, keys in `text` read as text; lines are counted from 1."""
    line = 1
    for number, (piece, _) in enumerate(lines_ahead(stream)):
        yield chunk(piece.removeprefix(BOM) if number == 0 else piece, line, text)
        line += piece.count(b"\n")


def sample(stream: IO[bytes], size: int) -> pl.DataFrame:
    """Rows from all over a text of `size` bytes, with every key that any line has.

    A text that is larger than the sample is read whole for its keys: one that comes up late
    must not be lost.
    """
    rows = chunk(b"".join(snippets(stream, size)).removeprefix(BOM), 1, ()).rows
    if size > SNIPPETS * SNIPPET:
        stream.seek(0)
        keys = dict.fromkeys(name for part in chunks(stream, ()) for name in part.rows.columns)
        late = [pl.lit(None).alias(name) for name in keys if name not in rows.columns]
        rows = rows.with_columns(late)
    return rows


def chunk(piece: bytes, line: int, text: tuple[str, ...]) -> Chunk:
    """One chunk of whole lines; a line that is no object becomes a fault."""
    lines = _Lines(piece, line)
    rows = None if _suspicious(piece, text) else _parsed(piece, text)
    if rows is not None:
        return Chunk(rows, lines.locate)
    found = [_fault(number, raw, text) for number, raw in lines.numbered]
    index = [at for at, fault in enumerate(found) if fault is None]
    good = [lines.numbered[at][1] for at in index]
    rows = _parsed(b"\n".join(good), text)
    if rows is None:
        rows = _by_key([json.loads(raw) for raw in good], text)
    return Chunk(rows, lambda row: lines.locate(index[row]), [fault for fault in found if fault])


class _Lines:
    """The lines of a piece that are not blank, found when they are first asked for."""

    def __init__(self, piece: bytes, first: int) -> None:
        self.piece, self.first = piece, first

    @cached_property
    def numbered(self) -> list[tuple[int, bytes]]:
        lines = enumerate(self.piece.split(b"\n"), self.first)
        return [(number, raw) for number, raw in lines if raw.strip(BLANK)]

    def locate(self, row: int) -> tuple[int, str]:
        number, raw = self.numbered[row]
        return number, readable(raw)


def _suspicious(piece: bytes, text: tuple[str, ...]) -> bool:
    """Whether a line may hold what polars would take for something else without a word."""
    if (rb"\ud" in piece or rb"\uD" in piece) and HALF.search(piece):
        return True
    # A key may stand there as it is or escaped.
    spelled = {json.dumps(key, ensure_ascii=escaped) for key in text for escaped in (True, False)}
    return any(re.search(re.escape(key.encode()) + ODD, piece) for key in spelled)


def _parsed(piece: bytes, text: tuple[str, ...]) -> pl.DataFrame | None:
    """All lines at once; None where one of them is at fault, or a key has clashing types."""
    if not piece.strip(BLANK):
        return pl.DataFrame()
    overrides = dict.fromkeys(text, pl.String)
    try:
        rows = pl.read_ndjson(piece, schema_overrides=overrides, infer_schema_length=None)
    except PolarsError:
        return None
    count = sum(bool(raw.strip(BLANK)) for raw in piece.split(b"\n"))
    return rows if rows.height == count else None


def _by_key(objects: list[dict[str, Any]], text: tuple[str, ...]) -> pl.DataFrame:
    """Each key on its own: one whose values have no type in common becomes text."""
    columns = []
    for key in dict.fromkeys(key for value in objects for key in value):
        values = [value.get(key) for value in objects]
        lines = "\n".join(json.dumps({key: value}) for value in values)
        rows = _parsed(lines.encode(), (key,) if key in text else ())
        columns.append(
            pl.Series(key, map(_written, values), pl.String) if rows is None else rows[key]
        )
    return pl.DataFrame(columns)


def _written(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _fault(number: int, raw: bytes, text: tuple[str, ...]) -> Fault | None:
    """Why a line cannot be a row, if it cannot."""

    def fault(reason: str, column: str = "") -> Fault:
        return Fault(number, column, reason, readable(raw))

    try:
        value: Any = json.loads(
            raw.decode(), parse_int=_Number, parse_float=_Number, parse_constant=_Number
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        return fault("invalid UTF-8 (accept it with --encoding latin-1)")
    except UnicodeEncodeError:
        return fault("half of a surrogate pair in a text")
    except (ValueError, RecursionError) as error:
        return fault(f"no JSON: {str(error)[:80]}")
    if not isinstance(value, dict):
        kind = "number" if isinstance(value, _Number) else type(value).__name__
        return fault(f"a JSON {kind}, not an object")
    odd = next((key for key in text if not _may_name(value.get(key))), None)
    return fault("neither a text nor a plain whole number", odd) if odd else None


class _Number(str):
    """A number as it is written. Raises ValueError for one that no column can hold."""

    def __new__(cls, word: str) -> "_Number":
        whole = word.lstrip("-").isdigit()
        if (whole and abs(int(word)) > GREATEST) or not math.isfinite(float(word)):
            raise ValueError(f"the number {word[:50]} is out of range")
        return super().__new__(cls, word)


def _may_name(value: Any) -> bool:
    if isinstance(value, _Number):
        return PLAIN.fullmatch(value) is not None
    return value is None or isinstance(value, str)
