"""Check a table row by row against its contract, and an artefact file by file."""

from collections.abc import Iterator

import polars as pl

from recli.errors import RecliError
from recli.store.artefact import open_artefact
from recli.store.open import Table
from recli.tables import CANDIDATES


def verify_artefact(name: str) -> str:
    """What a whole artefact is, in a line; RecliError (data) where a checksum fails."""
    artefact = open_artefact(name)
    files = artefact.manifest["files"]
    size = sum(file["size"] for file in files.values())
    return f"{artefact.kind} {artefact.plugin}, {len(files)} files, {size:,} bytes, all as written"


def verify_table(table: Table) -> str:
    """What a whole table is, in a line; RecliError (data) at the first fault of its rows.

    Page checksums are verified, ids are there, numbers are finite, rows are in order and, in
    candidates, every user's ranks run from 1 without a gap and no item comes twice.
    """
    count = 0
    held = pl.DataFrame(schema=table.schema)  # what the next rows are compared with
    for batch in table.batches():
        rows = pl.concat([held, batch])
        for fault, broken in _faults(rows, held.height, table):
            if fault is not None:
                line = count + fault - held.height + 1
                raise RecliError(f"{table.where}, row {line:,}: {broken}", "make the table again")
        count += batch.height
        held = _held(rows, table)
    wanted = (table.record or {}).get("rows", {}).get("out", count)
    if wanted != count:
        raise RecliError(
            f"{table.where} has {count:,} rows, its provenance says {wanted:,}",
            "make the table again",
        )
    origin = "with provenance" if table.record else "not made by recli"
    return f"{table.contract.name.lower()}, {count:,} rows, {origin}"


def _held(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The last row, or the last user's rows where they are a list."""
    if table.contract is CANDIDATES:
        return rows.filter(pl.col("user_id") == pl.col("user_id").last())
    return rows.tail(1)


def _faults(rows: pl.DataFrame, known: int, table: Table) -> Iterator[tuple[int | None, str]]:
    """Index of the first row that breaks a rule, and in what way; the first `known` are good."""
    order = ", ".join(name for name in table.contract.order if table.has(name))
    yield table.contract.disorder(rows), f"it breaks the order by {order}"
    if table.contract is CANDIDATES:
        yield _gap(rows, known), "ranks do not run 1, 2, 3 …"
        again = ~pl.struct("user_id", "item_id").is_first_distinct()
        yield _first(rows, again), "the user has this item already"


def _gap(rows: pl.DataFrame, known: int) -> int | None:
    """Index of the first candidate whose rank does not follow."""
    same = pl.col("user_id").eq_missing(pl.col("user_id").shift(1))
    wanted = pl.when(same).then(pl.col("rank").shift(1) + 1).otherwise(1)
    return _first(rows, (pl.col("rank") != wanted) & (pl.int_range(pl.len()) >= known))


def _first(rows: pl.DataFrame, wrong: pl.Expr) -> int | None:
    found = rows.select(wrong.alias("wrong"))["wrong"].arg_true()
    return int(found[0]) if len(found) else None
