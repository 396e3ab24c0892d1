"""Delimited text as frames of text columns: exact about every line, fast on clean ones."""

import contextlib
from collections.abc import Iterator
from functools import cached_property
from typing import IO

import numpy as np
import numpy.typing as npt
import polars as pl
from polars.exceptions import PolarsError

from recli.errors import RecliError
from recli.kernels.chunks import SIZE, Chunk, Fault, readable
from recli.kernels.dialect import BOM, Dialect, fields
from recli.kernels.records import BAD_QUOTE, NEWLINE, OPEN_QUOTE, Records, records

LONGEST = 4 * SIZE  # bytes of one record: past it a quote was never closed
STAND_INS = bytes([0x1F, 0x1E, 0x1D, 0x1C, *range(1, 9), *range(14, 27)])

Mask = npt.NDArray[np.bool_]


def chunks(stream: IO[bytes], dialect: Dialect, size: int = SIZE) -> Iterator[Chunk]:
    """Chunks of a text of one dialect, its header left out, lines counted from 1.

    Raises RecliError when a quote stays open for more than 64 MiB.
    """
    held, line, header, begun = b"", 1, dialect.header, False
    while True:
        read = stream.read(size)
        held += read
        if not begun:
            held, begun = held.removeprefix(BOM), True
        last = not read
        cut = last and bool(held) and not held.endswith(b"\n")
        text = held + b"\n" if cut else held
        found = records(text, dialect.delimiter, dialect.quote, last=last)
        if found.end == 0 and len(held) > LONGEST:
            raise RecliError(
                f"line {line:,} opens a quote that is not closed within {LONGEST >> 20} MiB",
                "mend it, or give --quote '' if quotes are plain characters",
            )
        if len(found.fields):
            yield chunk(text[: found.end], found, dialect, line, header=header, cut=cut)
            header = header and not found.fields.any()
            line += text.count(b"\n", 0, found.end)
        if last:
            return
        held = text[found.end :]


def chunk(
    text: bytes,
    found: Records,
    dialect: Dialect,
    line: int,
    *,
    header: bool = False,
    cut: bool = False,
) -> Chunk:
    """One chunk of whole records; what is not a row becomes a fault."""
    width = len(dialect.names)
    good = found.fields == width
    wrong = ~good & (found.fields != 0)
    if header and found.fields.any():
        first = int(np.argmax(found.fields != 0))
        good[first] = wrong[first] = False
    place = _Place(text, found, line)
    faults = [
        place.fault(at, _structure(int(found.fields[at]), width, cut and at == len(good) - 1))
        for at in np.flatnonzero(wrong).tolist()
    ]
    rows = _parsed(place, good, found, dialect)
    if rows is None:
        odd = np.array([not _is_utf8(place.raw(at)) for at in range(len(good))])
        reason = "invalid UTF-8 (accept it with --encoding latin-1)"
        faults += [place.fault(at, reason) for at in np.flatnonzero(good & odd).tolist()]
        good &= ~odd
        rows = _parsed(place, good, found, dialect)
    if rows is None:
        raise ValueError("text of valid records could not be read")
    index = np.flatnonzero(good)
    faults.sort(key=lambda fault: fault.line)
    return Chunk(rows, lambda row: place.locate(int(index[row])), faults)


def _structure(fields: int, width: int, cut: bool) -> str:
    if fields == BAD_QUOTE:
        return "text after a closing quote (give --quote '' if quotes are plain characters)"
    if fields == OPEN_QUOTE:
        return "a quote that is never closed (give --quote '' if quotes are plain characters)"
    kind = "short" if fields < width else "long"
    end = ", and the file ends without a line end: was it cut off?" if cut else ""
    return f"{kind} row: {fields} fields, {width} expected{end}"


class _Place:
    """The records of a chunk by number."""

    def __init__(self, text: bytes, found: Records, line: int) -> None:
        self.text, self.starts, self.line = text, found.starts, line

    def raw(self, at: int) -> bytes:
        return self.text[self.starts[at] : self.starts[at + 1]]

    @cached_property
    def lines(self) -> npt.NDArray[np.int64]:
        """Line number of each record; found once, and only where a record is bad."""
        ends = np.flatnonzero(np.frombuffer(self.text, np.uint8) == NEWLINE)
        return self.line + np.searchsorted(ends, self.starts)

    def locate(self, at: int) -> tuple[int, str]:
        return int(self.lines[at]), readable(self.raw(at))

    def fault(self, at: int, reason: str) -> Fault:
        line, text = self.locate(int(at))
        return Fault(line, "", reason, text)

    def kept(self, good: Mask) -> bytes:
        """The text of some records; of all of them without a copy."""
        if good.all():
            return self.text
        edges = np.flatnonzero(np.diff(good, prepend=False, append=False))
        runs = zip(self.starts[edges[::2]], self.starts[edges[1::2]], strict=True)
        return b"".join(self.text[begin:end] for begin, end in runs)


def _parsed(place: "_Place", good: Mask, found: Records, dialect: Dialect) -> pl.DataFrame | None:
    """The good records as text columns; None where they are not UTF-8."""
    schema = dict.fromkeys(dialect.names, pl.String)
    if not good.any():
        return pl.DataFrame(schema=schema)
    # Polars takes a quote inside a plain field for the start of a quoted one, and cuts a
    # carriage return off a field.
    if not found.stray and not _lone_return(place.text):
        text, separator = _narrow(place.kept(good), dialect.delimiter)
        with contextlib.suppress(PolarsError):
            rows = pl.read_csv(
                text,
                has_header=False,
                schema=schema,
                separator=separator,
                quote_char=dialect.quote.decode() or None,
                empty_string_is_null=False,
            )
            if rows.height == good.sum():
                return rows
    return _one_by_one([place.raw(at) for at in np.flatnonzero(good).tolist()], dialect)


def _lone_return(text: bytes) -> bool:
    return b"\r" in text and text.count(b"\r") > text.count(b"\r\n")


def _narrow(text: bytes, delimiter: bytes) -> tuple[bytes, str]:
    """The text with a delimiter of one byte that it does not hold otherwise."""
    if len(delimiter) == 1:
        return text, delimiter.decode()
    free = next((byte for byte in STAND_INS if byte not in text), None)
    if free is None:
        raise RecliError("the text holds every control character", "is it text at all?")
    return text.replace(delimiter, bytes([free])), chr(free)


def _one_by_one(lines: list[bytes], dialect: Dialect) -> pl.DataFrame | None:
    """Records split in Python: where polars disagrees, or might, about a quote."""
    delimiter, quote = dialect.delimiter.decode(), dialect.quote.decode()
    try:
        rows = [fields(line.decode(), delimiter, quote) for line in lines]
    except UnicodeDecodeError:
        return None
    return pl.DataFrame(rows, schema=dict.fromkeys(dialect.names, pl.String), orient="row")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def sampled(text: bytes, dialect: Dialect, number: int) -> pl.DataFrame:
    """Rows of the whole lines in a snippet, those that are no rows left out."""
    text = text.removeprefix(BOM) if number == 0 else text
    text = text if text.endswith(b"\n") or not text else text + b"\n"
    found = records(text, dialect.delimiter, dialect.quote, last=True)
    return chunk(text, found, dialect, 1, header=dialect.header and number == 0).rows
