"""Ingest in this process, for tests of its parts."""

from pathlib import Path
from typing import Any

import polars as pl

from recli.stages.ingest import Ingest
from recli.stages.ingest_files import open_files
from recli.stages.ingest_words import choices

PLAIN: dict[str, Any] = {
    "kind": "interactions",
    "map": None,
    "lists": None,
    "drop": None,
    "id_type": "string",
    "time_zone": None,
    "time_format": None,
    "now": "2026-01-01",
    "event_weights": None,
    "min_rating": None,
    "min_value": None,
    "since": None,
    "until": None,
    "duplicates": None,
    "min_per_user": 0,
    "min_per_item": 0,
    "rejects": None,
    "max_rejects": None,
}


def ingested(
    folder: Path, raw: bytes, form: str | None = None, options: Any = None, **words: Any
) -> tuple[pl.DataFrame, dict[str, int], pl.DataFrame]:
    words |= {"max_rejects": "100%"} if "rejects" in words else {}
    path = folder / "raw"
    path.write_bytes(raw)
    work = Ingest(
        open_files([str(path)], form, "utf-8", options or {}), choices(**PLAIN | words), str
    )
    table = pl.concat(list(work.parts()))
    return table, work.counts(table.height), work.reader.rejects.table()
