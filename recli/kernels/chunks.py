"""What a source hands over: rows, records that are no rows, and where each stood."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from recli.errors import RecliError

SIZE = 16 << 20  # bytes of text that are taken at a time
SNIPPETS = 32  # places of a file that are looked at before it is read
SNIPPET = 64 << 10  # bytes looked at in each
SAMPLED = 50_000  # rows of a typed table that are looked at


@dataclass(frozen=True)
class Fault:
    """One record that cannot be a row: its line (from 1), the column, why, and its text."""

    line: int
    column: str
    reason: str
    text: str


@dataclass(frozen=True)
class Chunk:
    """Some consecutive records of a source.

    `rows` has the source's own column names. `locate` gives a row's line and its text; it is
    asked only about rows that turn out to be bad.
    """

    rows: pl.DataFrame
    locate: Callable[[int], tuple[int, str]]
    faults: list[Fault] = field(default_factory=list)


def readable(raw: bytes) -> str:
    r"""Bytes as text, those that are not UTF-8 as `\xff`, cut at 1,000 characters.

    >>> readable(b"a\xffb")
    'a\\xffb'
    """
    text = raw[:4000].decode("utf-8", "backslashreplace").rstrip("\r\n")
    return text if len(text) <= 1000 else text[:999] + "…"


def of_scan(rows: pl.LazyFrame) -> Iterator[Chunk]:
    """Chunks of a table that knows its own types; a line is a row, counted from 1."""
    first = 1
    for batch in rows.collect_batches(chunk_size=1 << 19, maintain_order=True, lazy=True):

        def locate(row: int, batch: pl.DataFrame = batch, first: int = first) -> tuple[int, str]:
            return first + row, str(batch.row(row, named=True))[:1000]

        yield Chunk(batch, locate)
        first += batch.height


def sample_of_scan(
    scan: Callable[[Path | bytes], pl.LazyFrame], data: Path | bytes
) -> pl.DataFrame:
    """Evenly spaced rows of a typed table, some 50,000."""
    # A stream can be read once only, so each look at it opens it anew.
    height = int(scan(data).select(pl.len()).collect().item())
    return scan(data).gather_every(max(1, height // SAMPLED)).collect()


def lines_ahead(stream: IO[bytes], size: int = SIZE) -> Iterator[tuple[bytes, bool]]:
    """Pieces of a text, each ending at a line end, and whether it is the last one.

    A line longer than a piece makes that piece longer. The last line gets the line end that it
    may lack.
    """
    held = b""
    while True:
        read = stream.read(size)
        if not read:
            yield (held + b"\n" if held and not held.endswith(b"\n") else held), True
            return
        held += read
        end = held.rfind(b"\n") + 1
        if end:
            piece, held = held[:end], held[end:]
            yield piece, False


def snippets(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Whole lines from evenly spaced places of a text of `size` bytes."""
    if size <= SNIPPETS * SNIPPET:
        yield stream.read()
        return
    for start in np.linspace(0, size - SNIPPET, SNIPPETS).astype(np.int64):
        stream.seek(int(start))
        text = stream.read(SNIPPET)
        begin = text.find(b"\n") + 1 if start else 0
        yield text[begin : text.rfind(b"\n") + 1]


def joined(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of all frames, with every column that any of them has.

    Raises RecliError for a column whose types have nothing in common.
    """
    kinds: dict[str, list[pl.DataType]] = {}
    for rows in frames:
        for name, kind in rows.schema.items():
            kinds.setdefault(name, []).append(kind)
    types = {name: common(name, several) for name, several in kinds.items()}
    alike = [rows.cast({name: types[name] for name in rows.columns}) for rows in frames]
    return pl.concat(alike, how="diagonal")


def common(name: str, kinds: list[pl.DataType]) -> pl.DataType:
    """The one type that holds what all chunks had in a column, text where there is none.

    Raises RecliError where lists or objects are among them: as text they would lose something.
    """
    kinds = list(dict.fromkeys(kind for kind in kinds if kind != pl.Null))
    apart = len({type(kind) for kind in kinds}) > 1
    nested = any(kind.is_nested() for kind in kinds)
    # Polars would take true for 1, and write an object without its keys.
    if kinds and not (apart and (nested or pl.Boolean in kinds)):
        with contextlib.suppress(PolarsError):
            frames = [pl.DataFrame(schema={name: kind}) for kind in kinds]
            return pl.concat(frames, how="vertical_relaxed").schema[name]
    if nested:
        shown = " and ".join(map(str, kinds))
        raise RecliError(
            f"column '{name}' is {shown} in different places", f"leave it out: --drop {name}"
        )
    return pl.String()
