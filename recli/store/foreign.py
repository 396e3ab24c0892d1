"""Tables that recli did not write, brought into a contract's types and order."""

import tempfile

import polars as pl
import pyarrow as pa

from recli import registry
from recli.contract import ID_TYPES, TIME, Contract
from recli.errors import RecliError
from recli.store.failures import named, reading, writing
from recli.store.provenance import KEY, Record, decode, hash_file
from recli.store.spool import Source, unnamed
from recli.tables import AS_OF, CANDIDATES, RANKABLE

HEAD = 1 << 16  # bytes that a format is told by
STREAM = b"\xff\xff\xff\xff"  # how an Arrow stream begins


def format_of(part: Source) -> str:
    """Name of the source plug-in that recognises the first bytes of a file.

    Raises RecliError for an empty file and for bytes of no known format.
    """
    head = part.head(HEAD)
    if not head:
        raise RecliError(f"{part.where} is empty", "check the command that should fill it")
    plugins = {name: registry.load("sources", name) for name in registry.names("sources")}
    with named(part.where):
        for name in sorted(plugins, key=lambda name: -plugins[name].certainty):
            if plugins[name].matches(head):
                return name
    raise RecliError(
        f"{part.where} is in no format that recli reads", f"it reads {', '.join(plugins)}"
    )


def arrow_record(part: Source) -> Record | None:
    """The provenance in the schema metadata of an Arrow stream."""
    if part.head(4) != STREAM:
        return None
    with reading(part.where), pa.ipc.open_stream(part.open()) as stream:
        return decode((stream.schema.metadata or {}).get(KEY.encode()))


def in_order(where: str, parts: tuple[Source, ...], contract: Contract) -> Source:
    """A temporary Parquet file with the rows of `parts` cast and sorted for the contract."""
    with reading(where):
        rows = pl.concat(_alike(parts))
        columns = rows.collect_schema()
        casts = [_cast(name, kind, contract) for name, kind in columns.items()]
        rows = rows.with_columns(casts)
        if contract in (CANDIDATES, RANKABLE) and "rank" not in columns and "score" in columns:
            rows = _ranked(rows, [name for name in ("user_id", AS_OF) if name in columns])
        contract.check_schema(rows.collect_schema(), where)
        order = [name for name in contract.order if name in columns]
        if order:
            rows = rows.sort(order, nulls_last=True, maintain_order=True)
        with writing(tempfile.gettempdir()):
            kept, path = unnamed()
            rows.sink_parquet(kept, compression="zstd", row_group_size=1 << 17)
            kept.flush()
    return Source(where, path, hash_file(path), keep=kept)


def _ranked(rows: pl.LazyFrame, lists: list[str]) -> pl.LazyFrame:
    """Candidates without ranks: those of a list by falling score, equal ones by item."""
    ranks = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over(lists)
    ordered = rows.sort([*lists, -pl.col("score"), "item_id"])
    return ordered.with_columns(rank=ranks)


def _alike(parts: tuple[Source, ...]) -> list[pl.LazyFrame]:
    """The rows of each part; RecliError where one has other columns than the first."""
    scans = [_scan(part) for part in parts]
    first, *others = [rows.collect_schema() for rows in scans]
    for part, schema in zip(parts[1:], others, strict=True):
        if dict(schema) != dict(first):
            raise RecliError(
                f"{part.where} has columns {_shown(schema)}, {parts[0].where} {_shown(first)}",
                "write the parts alike, or ingest them one by one",
            )
    return [rows.select(first.names()) for rows in scans]


def _shown(schema: pl.Schema) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in schema.items())


def _scan(part: Source) -> pl.LazyFrame:
    plugin = registry.load("sources", format_of(part))
    with named(part.where):
        rows: pl.LazyFrame = plugin().scan(part.readable)
    return rows


def _cast(name: str, kind: pl.DataType, contract: Contract) -> pl.Expr:
    column = pl.col(name)
    wanted = (contract.required | contract.optional).get(name, ())
    if not wanted or kind in wanted:
        return column
    if wanted == ID_TYPES:
        return column.cast(pl.Int64) if kind.is_integer() else _text_id(column, kind)
    if wanted == (TIME,):
        return _time(column, kind)
    return column.cast(wanted[0])


def _text_id(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    # A float cannot name anything: 9007199254740993 and ...992 are the same number.
    return column if kind.is_float() else column.cast(pl.String)


def _time(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return column.str.to_datetime(time_unit="us", time_zone="UTC")
    if kind.is_integer():
        return column  # the unit of a bare number is for ingest to tell
    naive = isinstance(kind, pl.Datetime) and kind.time_zone is None
    column = column.cast(pl.Datetime("us", getattr(kind, "time_zone", None)))
    return column.dt.replace_time_zone("UTC") if naive else column.dt.convert_time_zone("UTC")
