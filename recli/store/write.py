"""Tables out: blocks of rows to a file or a stream, with provenance in the footer."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recli.errors import ExitCode, RecliError
from recli.store import text
from recli.store.commit import check_target, publish_file
from recli.store.failures import writing
from recli.store.groups import GROUP, Sink, repeating
from recli.store.provenance import KEY, Provenance, encode
from recli.tables import Contract

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
SHOWN = 20  # rows of the table on a terminal


class Output:
    """Where the rows of a run go, and in which format.

    `target` is a path or `-`; the format is the one asked for, else that of the suffix,
    else a short table on a terminal and Parquet everywhere else.
    """

    def __init__(self, target: str, contract: Contract, form: Format | None = None) -> None:
        self.target = target
        self.contract = contract
        self.form = form or self._usual()
        if target.endswith("/"):
            raise RecliError(
                f"{target} is spelled as a directory, the result is a file",
                "leave out the last /",
                code=ExitCode.CANNOT_CREATE,
            )
        if target != "-":
            check_target(Path(target), directory=False)
        elif self.form in ("parquet", "arrow") and sys.stdout.isatty():
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

        Several outputs opened one inside the other are all written before the first is
        published, so that a failure leaves none of them.
        """
        with self._stream() as stream:
            yield Sink(WRITERS[self.form](stream, provenance, self.contract), self.contract)

    @contextmanager
    def _stream(self) -> Iterator[IO[bytes]]:
        if self.target == "-":
            with writing("standard output"):
                yield sys.stdout.buffer
                sys.stdout.buffer.flush()
        else:
            with publish_file(Path(self.target)) as hidden, hidden.open("wb") as stream:
                yield stream


class _Parquet:
    """Row groups with page checksums and the provenance in the footer."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream, self.provenance, self.contract = stream, provenance, contract
        self.writer: Any = None

    def add(self, rows: pl.DataFrame) -> None:
        table = rows.to_arrow()
        if self.writer is None:
            self.writer = pq.ParquetWriter(
                self.stream,
                table.schema,
                compression="zstd",
                use_dictionary=repeating(rows),
                write_page_checksum=True,
                store_schema=True,
            )
        if rows.height:
            self.writer.write_table(table, row_group_size=GROUP)

    def close(self, rows: dict[str, int]) -> None:
        record = self.provenance.record(self.contract.name.lower(), rows)
        self.writer.add_key_value_metadata({KEY: encode(record).decode()})
        self.writer.close()


class _Arrow:
    """A stream of record batches; provenance, less the counts, goes ahead of them."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream
        self.record = provenance.record(contract.name.lower(), {})
        self.writer: Any = None

    def add(self, rows: pl.DataFrame) -> None:
        table = rows.to_arrow()
        if self.writer is None:
            schema = table.schema.with_metadata({KEY: encode(self.record)})
            self.writer = pa.ipc.new_stream(self.stream, schema)
        self.writer.write_table(table.replace_schema_metadata(None))

    def close(self, rows: dict[str, int]) -> None:
        self.writer.close()


class _Csv:
    """Lines of text; lists are joined by `|`."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream
        self.header = True

    def add(self, rows: pl.DataFrame) -> None:
        lists = [
            pl.col(name).cast(pl.List(pl.String)).list.join("|")
            for name, kind in rows.schema.items()
            if kind.is_nested()
        ]
        rows.with_columns(lists).write_csv(self.stream, include_header=self.header)
        self.header = False

    def close(self, rows: dict[str, int]) -> None:
        """Nothing follows the rows."""


class _Ndjson:
    """One JSON object a line."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream

    def add(self, rows: pl.DataFrame) -> None:
        rows.write_ndjson(self.stream)

    def close(self, rows: dict[str, int]) -> None:
        """Nothing follows the rows."""


class _Shown:
    """The first rows as aligned text, for people."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream
        self.held: list[pl.DataFrame] = []

    def add(self, rows: pl.DataFrame) -> None:
        missing = SHOWN - sum(frame.height for frame in self.held)
        self.held.append(rows.head(max(missing, 0)))

    def close(self, rows: dict[str, int]) -> None:
        shown = pl.concat(self.held)
        lines = text.table(list(shown.columns), [list(row) for row in shown.iter_rows()])
        left = rows["out"] - shown.height
        more = f"\n… and {left:,} rows more" if left else ""
        self.stream.write(f"{lines}{more}\n".encode())


WRITERS: dict[str, Any] = {
    "parquet": _Parquet,
    "arrow": _Arrow,
    "csv": _Csv,
    "ndjson": _Ndjson,
    "table": _Shown,
}
