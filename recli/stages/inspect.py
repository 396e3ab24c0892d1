"""What a file or artefact is: kind, schema, statistics, and the chain back to the raw data."""

from typing import Any

import polars as pl

from recli.contract import Contract
from recli.kernels.distinct import Distinct
from recli.stages.importances import importances
from recli.stages.index_curve import curve
from recli.store.artefact import TIMINGS, Artefact
from recli.store.open import Table, open_table
from recli.store.provenance import Record
from recli.tables import CONTRACTS

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
        "columns": _columns(table),
        "head": next(table.batches(), pl.DataFrame(schema=table.schema)).head(head).to_dicts(),
        "provenance": table.record,
    }


def _columns(table: Table) -> list[Facts]:
    """Facts of each column, added up over batches: memory is that of one."""
    columns = [_Column(name, kind) for name, kind in table.schema.items()]
    for batch in table.batches():
        for column in columns:
            column.add(batch[column.name])
    return [column.facts() for column in columns]


class _Column:
    """What the rows so far say of a column."""

    def __init__(self, name: str, kind: pl.DataType) -> None:
        self.name, self.kind = name, kind
        self.filled = self.empty = 0
        self.total = 0.0
        self.distinct = Distinct()
        self.ends: list[Any] = []  # least and most of each batch

    def add(self, values: pl.Series) -> None:
        """Take a batch into account."""
        self.empty += values.null_count()
        self.filled += len(values) - values.null_count()
        if self.kind.is_nested():
            return
        self.distinct.add(values)
        self.ends += [values.min(), values.max()]
        if self.kind.is_numeric():
            self.total += float(values.cast(pl.Float64).sum())

    def facts(self) -> Facts:
        """Type, empty and distinct values, least, most and mean."""
        facts: Facts = {"name": self.name, "type": str(self.kind), "empty": self.empty}
        if self.kind.is_nested():
            return facts
        facts["distinct (about)"] = self.distinct.count()
        if self.filled:
            ends = pl.Series(self.ends, dtype=self.kind)
            facts |= {"least": ends.min(), "most": ends.max()}
        if self.kind.is_numeric():
            facts["mean"] = self.total / self.filled if self.filled else None
        return facts


def of_artefact(artefact: Artefact) -> Facts:
    """The manifest of a verified artefact, less what is only for the machine."""
    manifest = artefact.manifest
    dull = ("files", "provenance", "sha256", "format", "libraries")
    told = {key: value for key, value in manifest.items() if key not in dull}
    return {
        "path": str(artefact.path),
        **_TOLD.get(artefact.kind, dict)(told),
        "files": {name: file["size"] for name, file in manifest["files"].items()},
        "libraries": manifest["libraries"],
        "provenance": manifest["provenance"],
    }


def _of_index(told: Facts) -> Facts:
    """What an index says of itself, with its settings, and back ends tried, as tables."""
    search, timings = dict(told["search"]), dict(told[TIMINGS])
    for part in (search, timings):
        part.pop("tried", None)
    tables = {"tried back ends": timings.pop("tried_back_ends", []), "settings": curve(told)}
    filled = {name: rows for name, rows in tables.items() if rows}
    return told | {"search": search, TIMINGS: timings} | filled


def _of_ranker(told: Facts) -> Facts:
    """What a ranker says of itself, with its features as a table of their importances."""
    return {key: told[key] for key in told if key != "features"} | {
        "importances": importances(told)
    }


_TOLD = {"index": _of_index, "ranker": _of_ranker}


def chain(record: Record | None, depth: int = 0, shown: set[str] | None = None) -> list[str]:
    """The steps that made something, newest first, indented down to the raw files.

    What several steps took is told once; `shown` holds the hashes that were told already.
    """
    if record is None:
        return []
    shown = set() if shown is None else shown
    words = " ".join(f"{key}={value}" for key, value in record["arguments"].items() if value)
    lines = [f"{'  ' * depth}{record['command']} {words}".rstrip()]
    ancestors = record.get("ancestors", {})
    for source in record["inputs"]:
        mark = source["sha256"][:12]
        known = ancestors.get(source["sha256"])
        if known is None:
            lines.append(f"{'  ' * (depth + 1)}{source['role']}: {source['name']} {mark}")
        elif source["sha256"] in shown:
            lines.append(f"{'  ' * (depth + 1)}{source['role']}: {mark} (shown above)")
        else:
            shown.add(source["sha256"])
            lines.append(f"{'  ' * (depth + 1)}{source['role']}: {mark} made by")
            lines += chain(known | {"ancestors": ancestors}, depth + 2, shown)
    return lines
