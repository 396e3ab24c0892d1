"""The formats that tables are written in: each takes groups of rows and a last word."""

from typing import IO, Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recli.contract import Contract
from recli.errors import RecliError
from recli.store import text
from recli.store.groups import GROUP, repeating
from recli.store.provenance import KEY, Provenance, encode

SHOWN = 20  # rows of the table on a terminal


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
    """Lines of text; lists are joined by `|`, what is nested deeper is JSON."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream
        self.header = True

    def add(self, rows: pl.DataFrame) -> None:
        _refuse_bytes(rows.schema, "CSV")
        shown = rows.select(_as_text(name, kind) for name, kind in rows.schema.items())
        shown.write_csv(self.stream, include_header=self.header)
        self.header = False

    def close(self, rows: dict[str, int]) -> None:
        """Nothing follows the rows."""


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as CSV can hold it."""
    column = pl.col(name)
    if kind == pl.Duration:
        return column.dt.to_string("iso")
    if not kind.is_nested():
        return column
    inner = getattr(kind, "inner", None)
    if inner is None or inner.is_nested() or inner == pl.Duration:
        wrapped = pl.struct(column.alias("")).struct.json_encode()
        json = wrapped.str.strip_prefix('{"":').str.strip_suffix("}")
        return pl.when(column.is_not_null()).then(json).alias(name)
    return column.cast(pl.List(pl.String)).list.join("|")


def _refuse_bytes(schema: pl.Schema, form: str) -> None:
    """Raise RecliError that names every column of bytes: a text cannot hold them."""
    faults = [name for name, kind in schema.items() if _holds_bytes(kind)]
    if faults:
        raise RecliError(
            f"{form} cannot hold the bytes of column {', '.join(map(repr, faults))}",
            "write --format parquet or arrow, or leave the column out",
        )


def _holds_bytes(kind: pl.DataType) -> bool:
    if isinstance(kind, pl.Struct):
        return any(_holds_bytes(field.dtype) for field in kind.fields)  # type: ignore[arg-type]
    inner = getattr(kind, "inner", None)
    return kind == pl.Binary if inner is None else _holds_bytes(inner)


class _Ndjson:
    """One JSON object a line."""

    def __init__(self, stream: IO[bytes], provenance: Provenance, contract: Contract) -> None:
        self.stream = stream

    def add(self, rows: pl.DataFrame) -> None:
        _refuse_bytes(rows.schema, "NDJSON")
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
