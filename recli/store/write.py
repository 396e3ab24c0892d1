"""Tables out: blocks of rows to a file or a stream, with provenance in the footer."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

import polars as pl

from recli.contract import Contract
from recli.errors import ExitCode, RecliError
from recli.store.commit import publish_file
from recli.store.failures import writing
from recli.store.formats import WRITERS
from recli.store.groups import Sink
from recli.store.provenance import Provenance
from recli.store.target import check_target

Format = Literal["parquet", "arrow", "csv", "ndjson", "table"]
SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".txt": "table",
}


class Output:
    """Where the rows of a run go, and in which format.

    `target` is a path or `-`; the format is the one asked for, else that of the suffix,
    else a short table on a terminal and Parquet everywhere else.
    """

    def __init__(self, target: str, contract: Contract, form: Format | None = None) -> None:
        self.target = target
        self.contract = contract
        if target.endswith("/"):
            raise RecliError(
                f"{target} is spelled as a directory, the result is a file",
                "leave out the last /",
                code=ExitCode.CANNOT_CREATE,
            )
        if target != "-":
            check_target(Path(target), directory=False)
        self.form = form or self._usual()
        if target == "-" and self.form in ("parquet", "arrow") and sys.stdout.isatty():
            raise RecliError(
                f"{self.form} on a terminal",
                "give -o FILE, or leave --format out to see a table",
                code=ExitCode.USAGE,
            )

    def _usual(self) -> Format:
        if self.target == "-":
            return "table" if sys.stdout.isatty() else "parquet"
        suffix = Path(self.target).suffix.lower()
        # A date or a version may end a name; a word is taken for the name of a format.
        if suffix[1:].isalpha() and suffix not in SUFFIXES:
            raise RecliError(
                f"{self.target}: no format is called {suffix}",
                f"end it in {', '.join(SUFFIXES)} or give --format",
                code=ExitCode.USAGE,
            )
        return SUFFIXES.get(suffix, "parquet")

    def write(
        self, blocks: Iterable[pl.DataFrame], provenance: Provenance, rows: dict[str, int]
    ) -> int:
        """Write every block and return the number of rows.

        `rows` may be filled while the blocks are made: it is recorded at the end.
        """
        with self.opened(provenance) as sink:
            for block in blocks:
                sink.add(block)
            sink.close(rows)
        return sink.count

    @contextmanager
    def opened(self, provenance: Provenance) -> Iterator[Sink]:
        """Give what takes blocks, and publish at the end.

        Several outputs opened one inside the other are published or none is, where all their
        sinks are closed before the first of them is left.
        """
        with self._stream() as stream:
            writer = WRITERS[self.form](stream, provenance, self.contract)
            where = "standard output" if self.target == "-" else self.target
            yield Sink(writer, self.contract, stream, where)

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        if self.target == "-":
            with writing("standard output"):
                yield sys.stdout.buffer
        else:
            with publish_file(Path(self.target)) as hidden, hidden.open("wb") as stream:
                yield stream
