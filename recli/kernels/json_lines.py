"""Lines of JSON as frames, exact about every line, fast on clean ones."""

import json
from collections.abc import Iterator
from typing import IO, Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from recli.kernels.chunks import SNIPPET, SNIPPETS, Chunk, Fault, lines_ahead, readable, snippets

BOM = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"


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
    found = [chunk(text, 1, ()).rows for text in snippets(stream, size)]
    rows = pl.concat(found, how="diagonal_relaxed")
    if size > SNIPPETS * SNIPPET:
        stream.seek(0)
        keys = dict.fromkeys(name for part in chunks(stream, ()) for name in part.rows.columns)
        late = [pl.lit(None).alias(name) for name in keys if name not in rows.columns]
        rows = rows.with_columns(late)
    return rows


def chunk(piece: bytes, line: int, text: tuple[str, ...]) -> Chunk:
    """One chunk of whole lines; a line that is no object becomes a fault."""
    faults: list[Fault] = []
    rows = _parsed(piece, text)
    lines = [raw for raw in piece.split(b"\n") if raw.strip(BLANK)] if rows is None else None
    if lines is not None:
        reasons = [_fault(raw) for raw in lines]
        place = _numbers(piece, line)
        faults = [
            Fault(place[at], "", reason, readable(lines[at]))
            for at, reason in enumerate(reasons)
            if reason
        ]
        good = [raw for raw, reason in zip(lines, reasons, strict=True) if not reason]
        index = [at for at, reason in enumerate(reasons) if not reason]
        rows = _parsed(b"\n".join(good), text)
        if rows is None:
            rows = pl.DataFrame([_as_text(json.loads(raw), text) for raw in good], strict=False)
        return Chunk(rows, lambda row: _located(piece, line, index[row]), faults)
    if rows is None:
        raise ValueError("lines of objects could not be read")
    return Chunk(rows, lambda row: _located(piece, line, row), faults)


def _parsed(piece: bytes, text: tuple[str, ...]) -> pl.DataFrame | None:
    """All lines at once; None where one of them is at fault."""
    if not piece.strip(BLANK):
        return pl.DataFrame()
    overrides = dict.fromkeys(text, pl.String)
    try:
        rows = pl.read_ndjson(piece, schema_overrides=overrides, infer_schema_length=None)
    except PolarsError:
        return None
    count = sum(bool(raw.strip(BLANK)) for raw in piece.split(b"\n"))
    return rows if rows.height == count else None


def _fault(raw: bytes) -> str:
    try:
        value: Any = json.loads(raw)
    except UnicodeDecodeError:
        return "invalid UTF-8 (accept it with --encoding latin-1)"
    except (ValueError, RecursionError) as error:
        return f"no JSON: {str(error)[:80]}"
    return "" if isinstance(value, dict) else f"a JSON {type(value).__name__}, not an object"


def _as_text(value: dict[str, Any], text: tuple[str, ...]) -> dict[str, Any]:
    return {
        key: str(entry) if key in text and entry is not None else entry
        for key, entry in value.items()
    }


def _numbers(piece: bytes, line: int) -> list[int]:
    """Line number of each line that is not blank."""
    return [line + at for at, raw in enumerate(piece.split(b"\n")) if raw.strip(BLANK)]


def _located(piece: bytes, line: int, row: int) -> tuple[int, str]:
    at = np.array(_numbers(piece, line))[row] - line
    return int(at) + line, readable(piece.split(b"\n")[at])
