"""Check a table row by row against its contract, and an artefact file by file."""

from typing import Any

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
    last: dict[str, Any] | None = None
    count = 0
    order = ", ".join(name for name in table.contract.order if table.has(name))
    for batch in table.batches():
        rows = batch if last is None else pl.concat([pl.DataFrame([last], batch.schema), batch])
        fault, broken = table.contract.disorder(rows), f"it breaks the order by {order}"
        if fault is None and table.contract is CANDIDATES:
            fault, broken = _gap(rows, first=last is None), "ranks do not run 1, 2, 3 …"
        if fault is not None:
            line = count + fault - (last is not None) + 1
            raise RecliError(f"{table.where}, row {line:,}: {broken}", "make the table again")
        count += batch.height
        last = rows.row(-1, named=True) if rows.height else last
    wanted = (table.record or {}).get("rows", {}).get("out", count)
    if wanted != count:
        raise RecliError(
            f"{table.where} has {count:,} rows, its provenance says {wanted:,}",
            "make the table again",
        )
    origin = "with provenance" if table.record else "not made by recli"
    return f"{table.contract.name.lower()}, {count:,} rows, {origin}"


def _gap(rows: pl.DataFrame, *, first: bool) -> int | None:
    """Index of the first candidate whose rank does not follow."""
    same = pl.col("user_id").eq_missing(pl.col("user_id").shift(1))
    wanted = pl.when(same).then(pl.col("rank").shift(1) + 1).otherwise(1)
    wrong = pl.col("rank") != wanted
    if not first:
        wrong = wrong & (pl.int_range(pl.len()) > 0)
    return _first(rows, wrong)


def _first(rows: pl.DataFrame, wrong: pl.Expr) -> int | None:
    found = rows.select(wrong.alias("wrong"))["wrong"].arg_true()
    return int(found[0]) if len(found) else None
