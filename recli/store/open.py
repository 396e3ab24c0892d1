"""The only code that reads a table: magic bytes, footer, contract, page checksums."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recli.contract import TIME, Contract
from recli.errors import ExitCode, RecliError
from recli.store import foreign, spans
from recli.store.artefact import is_artefact
from recli.store.failures import reading
from recli.store.plain import plain
from recli.store.provenance import KEY, Input, Record, decode, joint, moment
from recli.store.spool import Source, source
from recli.tables import AS_OF

BATCH = 1 << 17  # rows that are decoded at a time
LIMIT = 1 << 34  # rows that a footer may declare: past it a file is taken for a bomb


@dataclass(frozen=True)
class Table:
    """A table at rest, checked against its contract but not yet loaded."""

    where: str
    contract: Contract
    parts: tuple[Source, ...]
    schema: pl.Schema
    rows: int
    record: Record | None
    sha256: str

    def batches(self, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
        """Frames of at most BATCH rows in the order of the file, checksums verified."""
        for part in self.parts:
            with reading(part.where):
                file = parquet(part)
                for batch in file.iter_batches(BATCH, columns=columns, use_threads=True):
                    rows = frame(pa.Table.from_batches([batch]))
                    yield checked(rows, self, part.where)

    def read(self, columns: list[str] | None = None) -> pl.DataFrame:
        """The whole table, or some columns of it, in memory."""
        kept = [name for name in self.schema if columns is None or name in columns]
        read = []
        for part in self.parts:
            with reading(part.where):
                read.append(frame(parquet(part).read(columns=kept)))
        rows = pl.concat(read) if read else pl.DataFrame(schema=self.schema).select(kept)
        return checked(rows, self, self.where)

    def has(self, column: str) -> bool:
        """Whether the table has a column."""
        return column in self.schema

    def need(self, *columns: str) -> None:
        """Raise RecliError that names every one of `columns` that is not there."""
        missing = [name for name in columns if name not in self.schema]
        if missing:
            raise RecliError(
                f"{self.where} has no column {', '.join(map(repr, missing))}",
                f"it has {', '.join(self.schema)}",
            )

    def as_input(self, role: str) -> Input:
        """How provenance names this table."""
        span = self.span("timestamp") or self.span(AS_OF)
        last = None if span is None else moment(span[1])
        if self.record:
            return Input(role, self.sha256, None, self.record, self.record.get("time"), last)
        name, time = Path(self.where).name, max(part.time or "" for part in self.parts)
        return Input(role, self.sha256, name, None, time, last)

    def span(self, column: str) -> tuple[int, int] | None:
        """First and last moment of a column in microseconds since 1970, where footers tell."""
        if self.schema.get(column) != TIME:
            return None
        with reading(self.where):
            return spans.span((parquet(part).metadata for part in self.parts), column)


def open_table(name: str, contract: Contract) -> Table:
    """Open a table of any format that we read: a file, a directory of parts, `-`, a pipe.

    Parquet of our own is read in place; anything else is first brought into the contract's
    types and order in a temporary file. Raises RecliError with all faults of the schema.
    """
    if is_artefact(name):
        raise RecliError(
            f"{name} is a model or another artefact, not a table",
            "name a table; those of a generated shop lie inside its directory",
            code=ExitCode.NO_INPUT,
        )
    return opened(name, tuple(source(part) for part in part_files(name)), contract)


def part_files(name: str) -> list[str]:
    """The name itself, or those of the part files of a directory; RecliError if it has none."""
    path = Path(name)
    if name == "-" or not path.is_dir() or is_artefact(name):
        return [name]
    files = sorted(file for file in path.glob("*.parquet") if file.name[0] not in "._")
    if not files:
        raise RecliError(
            f"{name} holds no Parquet part files",
            "name a table, not a model or a folder of something else",
            code=ExitCode.NO_INPUT,
        )
    return [str(file) for file in files]


def verified(path: Path, contract: Contract) -> Table:
    """A table inside an artefact, whose checksum was already compared."""
    return _table(str(path), (Source(str(path), path, ""),), contract, None)


def opened(name: str, parts: tuple[Source, ...], contract: Contract) -> Table:
    """The table that some sources hold together."""
    where = "standard input" if name == "-" else name
    parts = tuple(plain(part) for part in parts)
    sha256 = parts[0].sha256
    if len(parts) > 1:
        sha256 = hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()
    ours = [footer(part) if part.head(4) == b"PAR1" else None for part in parts]
    known = [(part.sha256, made) for part, made in zip(parts, ours, strict=True) if made]
    if len(known) == len(parts):
        return _table(where, parts, contract, joint(known), sha256)
    record = foreign.arrow_record(parts[0])
    part = foreign.in_order(where, parts, contract)
    return _table(where, (part,), contract, record, sha256)


def _table(
    where: str,
    parts: tuple[Source, ...],
    contract: Contract,
    record: Record | None,
    sha256: str = "",
) -> Table:
    with reading(where):
        schemas = [schema(part) for part in parts]
        rows = sum(parquet(part).metadata.num_rows for part in parts)
    contract.check_schema(schemas[0], where)
    if any(other != schemas[0] for other in schemas):
        raise RecliError(f"{where}: its part files have different columns", "write it again")
    if rows > LIMIT:
        raise RecliError(f"{where} declares {rows:,} rows", "split the table")
    return Table(where, contract, parts, schemas[0], rows, record, sha256)


def parquet(part: Source) -> Any:
    """A pyarrow ParquetFile that verifies page checksums."""
    return pq.ParquetFile(part.open(), page_checksum_verification=True, pre_buffer=False)


def footer(part: Source) -> Record | None:
    """The provenance in a Parquet footer."""
    with reading(part.where):
        metadata = parquet(part).metadata.metadata or {}
    return decode(metadata.get(KEY.encode()))


def schema(part: Source) -> pl.Schema:
    """The columns of a Parquet file as polars types."""
    # Not empty_table(): that makes its columns of lists, for which pyarrow imports pandas.
    return frame(pa.Table.from_batches([], parquet(part).schema_arrow)).schema


def frame(table: Any) -> pl.DataFrame:
    """An Arrow table as a frame, without a copy where types allow."""
    rows = pl.from_arrow(table.replace_schema_metadata(None), rechunk=False)
    if not isinstance(rows, pl.DataFrame):
        raise TypeError("an Arrow table must become a frame")
    return rows


def checked(rows: pl.DataFrame, table: Table, where: str) -> pl.DataFrame:
    """The rows, after a look at the columns that the contract speaks of."""
    contract = table.contract
    required = {name: kind for name, kind in contract.required.items() if name in rows.columns}
    finite = tuple(name for name in contract.finite if name in rows.columns)
    named = Contract(contract.name, required, finite=finite, filled=contract.filled)
    named.check_rows(rows, where)
    return rows
