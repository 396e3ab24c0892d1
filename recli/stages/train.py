"""Learn a model from interactions and publish it."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Training, training
from recli.store.artefact import publish
from recli.store.model import save_model
from recli.store.open import Table
from recli.store.provenance import Provenance
from recli.tables import check_label, same_id_type

NEEDED = ("user_id", "item_id", "timestamp", "weight")


def read_training(
    table: Table, users: Table | None, segment: str | None, threads: int, report: Any
) -> Training:
    """The interactions of a table by number; RecliError when there are none."""
    rows = table.read([name for name in NEEDED if table.has(name)])
    if rows.is_empty():
        raise RecliError(f"{table.where} holds no interactions", "check the steps before this one")
    return training(rows, segments=_segments(table, users, segment), threads=threads, report=report)


def train(
    plugin: tuple[str, Any], data: Training, target: Path, provenance: Provenance
) -> dict[str, int]:
    """Fit the plug-in and publish what it learned; returns counts for the last line.

    The target is locked meanwhile: raises RecliError at once while another run writes it.
    """
    _, instance = plugin
    counts = np.bincount(data.columns, minlength=len(data.items)).astype(np.int64)
    rows = {"in": len(data.rows)}
    with publish(target, "model", plugin, provenance, rows) as (folder, manifest):
        shape = instance.fit(data)
        manifest.update(save_model(folder, shape, data.users, data.items, counts))
    return {"rows in": len(data.rows), "users": len(data.users), "items": len(data.items)}


def _segments(log: Table, users: Table | None, segment: str | None) -> pl.DataFrame | None:
    if users is not None and segment is None:
        raise RecliError("--users is read only with --segment", code=ExitCode.USAGE)
    if segment is None:
        return None
    if users is None:
        raise RecliError(
            f"--segment {segment} needs the users", "add --users TABLE", code=ExitCode.USAGE
        )
    users.need(segment)
    check_label(users.schema, segment, users.where)
    same_id_type(log.schema, users.schema, "user_id", users.where)
    return users.read(["user_id", segment]).select("user_id", pl.col(segment).cast(pl.String))
