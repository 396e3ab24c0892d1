"""Files as chunks of records: what each is, which columns it has, its rows and its faults."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.chunks import Chunk, Fault
from recli.stages.ingest_choices import Choices
from recli.stages.ingest_columns import columns
from recli.stages.ingest_labels import check, labelled
from recli.stages.ingest_rejects import Rejects
from recli.stages.ingest_rows import Rows
from recli.stages.ingest_times import clock
from recli.stages.ingest_types import Types
from recli.store.failures import named, reading
from recli.store.spool import Source

Plugin = Any  # a source: matches, chunks, sample, scan


@dataclass(frozen=True)
class File:
    """An input and the source plug-in that reads it."""

    part: Source
    plugin: Plugin


@dataclass
class Reader:
    """Reads files that all hold the same columns, and keeps the accounts of their rows."""

    files: list[File]
    choices: Choices
    rows: Rows
    types: Types
    rejects: Rejects
    filtered: Counter[str]
    count: int = 0

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows that are sound and count, chunk by chunk, in the table's names."""
        for file in self.files:
            names = tuple(self.rows.columns.sources.values())
            with reading(file.part.where), named(file.part.where):
                for chunk in file.plugin.chunks(file.part.readable, self.rows.columns.ids):
                    self._same_columns(file, chunk, names)
                    yield self._sound(file, chunk)

    def _sound(self, file: File, chunk: Chunk) -> pl.DataFrame:
        rows, wrong = self.rows.cast(chunk.rows)
        self.count += rows.height + len(chunk.faults)
        bad = np.zeros(rows.height, np.bool_)
        for mask in wrong.values():
            bad |= mask.to_numpy()
        if chunk.faults or bad.any():
            faults = [*chunk.faults, *self._described(chunk, wrong, np.flatnonzero(bad))]
            faults.sort(key=lambda fault: fault.line)
            self.rejects.add(file.part.where, faults, len(chunk.faults) + int(bad.sum()))
            rows = rows.filter(~pl.Series(bad)) if bad.any() else rows
        self.types.look(rows, self.rows.columns.extras, typed=file.plugin.typed)
        return labelled(rows, self.choices, self.filtered)

    def _described(self, chunk: Chunk, wrong: dict[str, pl.Series], bad: Any) -> list[Fault]:
        faults = []
        for row in bad[: self.rejects.wanted].tolist():
            name = next(name for name, mask in wrong.items() if mask[row])
            column = self.rows.source(name)
            value = chunk.rows[column][row] if column in chunk.rows.columns else None
            line, text = chunk.locate(row)
            faults.append(Fault(line, column, self.rows.reason(name, value), text))
        return faults

    def _same_columns(self, file: File, chunk: Chunk, names: tuple[str, ...]) -> None:
        missing = [name for name in names if name not in chunk.rows.columns]
        if missing and chunk.rows.height and not file.plugin.sparse:
            raise RecliError(
                f"no column {', '.join(missing)}, which {self.files[0].part.where} has",
                "ingest files of different columns one by one",
            )


def opened(
    files: list[File], choices: Choices, say: Callable[[str], None]
) -> tuple[Reader, pl.Series]:
    """A reader for the files, and a sample of the ids that the table is ordered by.

    Raises RecliError when columns are missing or ambiguous or when times cannot be read.
    """
    where = files[0].part.where
    samples = [_sample(file) for file in files]
    told = samples if files[0].plugin.sparse else samples[:1]
    names = list(dict.fromkeys(name for sample in told for name in sample.columns))
    found = columns(names, choices, where)
    _check_more(files, samples, names)
    check(choices, found, ordered=files[0].plugin.ordered)
    say(found.shown())
    read, guess = None, ""
    if choices.kind == "interactions" and found.has("timestamp"):
        times = _together(samples, found.sources["timestamp"])
        read, guess = clock(times, choices, where) if len(times) else (None, "")
    if guess:
        say(guess)
    rows = Rows(found, read, choices, where)
    ids = [rows.ids(_together(samples, found.sources[name]), name) for name in choices.required]
    rejects = Rejects(choices.limit, _most_rows(files), keep=choices.keep_rejects)
    types = Types(choices.lists, choices.zone or "UTC")
    return Reader(files, choices, rows, types, rejects, Counter()), ids[0]


def _most_rows(files: list[File]) -> int:
    """More rows than files can hold: text takes two bytes for each, packed tables any number."""
    packed = any(file.plugin.typed and not file.plugin.sparse for file in files)
    return sys.maxsize if packed else sum(file.part.size for file in files) // 2


def _check_more(files: list[File], samples: list[pl.DataFrame], names: list[str]) -> None:
    """Raise RecliError where a later file has columns that the first has not."""
    for file, sample in zip(files, samples, strict=True):
        more = [name for name in sample.columns if name not in names]
        if more and set(names) <= set(sample.columns):
            raise RecliError(
                f"{file.part.where} has {', '.join(more)}, which {files[0].part.where} has not",
                "ingest files of different columns one by one",
            )


def _together(samples: list[pl.DataFrame], name: str) -> pl.Series:
    """One column of all samples, as text where they differ in its type."""
    parts = [sample[name] for sample in samples if name in sample]
    alike = len({part.dtype for part in parts}) == 1
    return pl.concat(parts if alike else [part.cast(pl.String) for part in parts])


def _sample(file: File) -> pl.DataFrame:
    with reading(file.part.where), named(file.part.where):
        sample: pl.DataFrame = file.plugin.sample(file.part.readable)
    return sample
