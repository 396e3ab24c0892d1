"""What a file or artefact is: kind, schema, statistics, and the chain back to the raw data."""

from typing import Any

import polars as pl

from recli.store.artefact import Artefact
from recli.store.open import Table, open_table
from recli.store.provenance import Record
from recli.tables import CONTRACTS, Contract

HEAD = 5
Facts = dict[str, Any]


def open_any(name: str, kind: str | None = None) -> Table:
    """A table of the kind asked for, or else of the kind that its provenance or columns say."""
    if kind is not None:
        return open_table(name, CONTRACTS[kind])
    table = open_table(name, Contract("Table", {}))
    said = (table.record or {}).get("kind", "")
    contract = CONTRACTS.get(said) or _guess(table.schema)
    contract.check_schema(table.schema, table.where)
    return Table(
        table.where, contract, table.parts, table.schema, table.rows, table.record, table.sha256
    )


def _guess(schema: pl.Schema) -> Contract:
    fitting = [
        contract
        for contract in CONTRACTS.values()
        if all(schema.get(name) in kinds for name, kinds in contract.required.items())
    ]
    return max(fitting, key=lambda contract: len(contract.required), default=Contract("Table", {}))


def of_table(table: Table, head: int = HEAD) -> Facts:
    """Kind, rows, columns with their statistics, first rows and provenance of a table."""
    return {
        "path": table.where,
        "kind": table.contract.name.lower(),
        "rows": table.rows,
        "columns": [_column(table, name) for name in table.schema],
        "head": next(table.batches(), pl.DataFrame(schema=table.schema)).head(head).to_dicts(),
        "provenance": table.record,
    }


def _column(table: Table, name: str) -> Facts:
    """One column at a time, so that a wide table need not fit in memory."""
    kind = table.schema[name]
    values = table.read([name])[name]
    facts: Facts = {"name": name, "type": str(kind), "empty": values.null_count()}
    if kind.is_nested():
        return facts
    facts["distinct (about)"] = values.approx_n_unique()
    if len(values) > values.null_count():
        facts |= {"least": values.min(), "most": values.max()}
    if kind.is_numeric():
        facts["mean"] = values.mean()
    return facts


def of_artefact(artefact: Artefact) -> Facts:
    """The manifest of a verified artefact, less what is only for the machine."""
    manifest = artefact.manifest
    dull = ("files", "provenance", "sha256", "format", "libraries")
    return {
        "path": str(artefact.path),
        **{key: value for key, value in manifest.items() if key not in dull},
        "files": {name: file["size"] for name, file in manifest["files"].items()},
        "libraries": manifest["libraries"],
        "provenance": manifest["provenance"],
    }


def chain(record: Record | None, depth: int = 0) -> list[str]:
    """The steps that made something, newest first, indented down to the raw files."""
    if record is None:
        return []
    words = " ".join(f"{key}={value}" for key, value in record["arguments"].items() if value)
    lines = [f"{'  ' * depth}{record['command']} {words}".rstrip()]
    ancestors = record.get("ancestors", {})
    for source in record["inputs"]:
        mark = source["sha256"][:12]
        known = ancestors.get(source["sha256"])
        if known is None:
            lines.append(f"{'  ' * (depth + 1)}{source['role']}: {source['name']} {mark}")
        else:
            lines.append(f"{'  ' * (depth + 1)}{source['role']}: {mark} made by")
            lines += chain(known | {"ancestors": ancestors}, depth + 2)
    return lines
