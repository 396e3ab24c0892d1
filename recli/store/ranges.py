"""A table put in order of an id with bounded memory: ranges of ids that spill to disk.

Each range is small enough to sort in the processor's cache, and rows move only once. On 20
million rows with text ids polars' own streaming sort alone took as much processor time as
reading, checking, sorting by ranges and writing together, and peaked at 2.1 GiB.
"""

import io
import tempfile
from collections.abc import Iterator
from itertools import groupby
from typing import IO

import polars as pl

from recli.store.failures import writing
from recli.store.spool import unnamed

BUDGET = 5 << 28  # bytes of rows that are kept in memory: a process stays under 2 GiB
TARGET = 12 << 20  # bytes of input that a range should hold: its rows sort in the cache
MOST = 1024  # ranges


class Ranges:
    """Rows by ranges of one key column; a range's rows come back in the order they came in."""

    def __init__(self, key: str, bounds: pl.Series, budget: int = BUDGET) -> None:
        self.key, self.bounds, self.budget = key, bounds, budget
        self.held: list[list[pl.DataFrame]] = [[] for _ in range(len(bounds) + 1)]
        self.spilled: list[list[tuple[int, int]]] = [[] for _ in self.held]
        self.size = 0
        self.file: IO[bytes] | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Put rows into their ranges; all goes to disk when there is too much to hold."""
        if rows.is_empty():
            return
        if not len(self.bounds):
            self.put(0, rows)
            return
        place = self.bounds.search_sorted(rows[self.key], side="right")
        named = rows.with_columns(place.alias("")).partition_by(
            "", include_key=False, as_dict=True, maintain_order=True
        )
        for (number,), part in named.items():
            self.put(number, part)

    def put(self, number: int, rows: pl.DataFrame) -> None:
        """Put rows into a range that is known to be theirs."""
        self.held[number].append(rows)
        self.size += _size(rows)
        if self.size > self.budget:
            self._spill()

    def parts(self) -> Iterator[list[pl.DataFrame]]:
        """Frames of each range, in the order of the ranges; each is given up once."""
        for number, held in enumerate(self.held):
            yield [*self._read(number), *held]
            held.clear()

    def _spill(self) -> None:
        with writing(tempfile.gettempdir()):
            if self.file is None:
                self.file, _ = unnamed()
            self.file.seek(0, io.SEEK_END)
            for number, held in enumerate(self.held):
                # Chunks of one source may differ in their types; one stream cannot.
                for _, alike in groupby(held, key=lambda frame: list(frame.schema.items())):
                    start = self.file.tell()
                    pl.concat(list(alike)).write_ipc_stream(self.file, compression="lz4")
                    self.spilled[number].append((start, self.file.tell() - start))
                held.clear()
        self.size = 0

    def _read(self, number: int) -> Iterator[pl.DataFrame]:
        for start, length in self.spilled[number]:
            if self.file is not None:
                self.file.seek(start)
                yield pl.read_ipc_stream(self.file.read(length))


def _size(rows: pl.DataFrame) -> int:
    """Bytes that rows take; polars' estimate leaves out 16 of every text."""
    texts = sum(kind == pl.String for kind in rows.dtypes)
    return int(rows.estimated_size()) + 16 * texts * rows.height


def bounds(sample: pl.Series, size: int) -> pl.Series:
    """Ids that cut a table of `size` bytes into ranges alike in rows, by a sample of its ids."""
    count = min(MOST, size // TARGET + 1)
    known = sample.drop_nulls().sort()
    if count < 2 or len(known) < count:
        return known.clear()
    places = [len(known) * cut // count for cut in range(1, count)]
    return known.gather(places).unique().sort()
