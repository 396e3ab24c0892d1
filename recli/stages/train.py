"""Learn a model from interactions and publish it."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels import popular
from recli.kernels.matrix import Labels, Training, training
from recli.kernels.shapes import Factors, Segments, Shape, Vectors
from recli.models import Learner
from recli.store.artefact import publish
from recli.store.model import Model, save_model
from recli.store.open import Table
from recli.store.provenance import Provenance
from recli.tables import check_label, same_id_type

NEEDED = ("user_id", "item_id", "timestamp", "rating", "weight")
REMEDIES = {
    "timestamp": "ingest them with --map timestamp=COLUMN",
    "rating": "ingest them with --map rating=COLUMN",
}


def read_training(
    name: str,
    learner: Learner,
    table: Table,
    tables: dict[str, Table],
    segment: str | None,
    threads: int,
    report: Any,
) -> Training:
    """The interactions of a table by number; RecliError when there are none.

    `tables` may hold `users`, whose column `segment` is their label, and `items`.
    """
    for column in learner.needs():
        if column in REMEDIES and not table.has(column):
            raise RecliError(
                f"{table.where} has no column '{column}', and {name} learns from it",
                REMEDIES[column],
            )
    items = _catalogue(name, learner, table, tables.get("items"))
    rows = table.read([name for name in NEEDED if table.has(name)])
    if rows.is_empty():
        raise RecliError(f"{table.where} holds no interactions", "check the steps before this one")
    return training(
        rows,
        reading=learner.reading(),
        labels=_labels(table, tables.get("users"), segment),
        catalogue=items,
        threads=threads,
        report=report,
    )


def train(
    plugin: tuple[str, Any],
    data: Training,
    target: Path,
    provenance: Provenance,
    **more: Any,
) -> dict[str, int]:
    """Fit the plug-in and publish what it learned; returns counts for the last line.

    `more` goes into the manifest.
    The target is locked meanwhile: raises RecliError at once while another run writes it.
    """
    _, learner = plugin
    rows = {"in": len(data.rows)}
    with publish(target, "model", plugin, provenance, rows, **more) as (folder, manifest):
        shape = learner.fit(data)
        model = Model(data.items, counts_of(data), shape, data.reading, _segments(data, shape))
        manifest.update(save_model(folder, model, data.users))
    return {"rows in": len(data.rows), "users": len(data.users), "items": len(data.items)}


def counts_of(data: Training) -> npt.NDArray[np.int64]:
    """Interactions of each item [items], by which those of whom nothing is known are served."""
    return np.bincount(data.columns, minlength=len(data.items)).astype(np.int64)


def _segments(data: Training, shape: Shape) -> Segments | None:
    """Popularity by segment, and the mean vector of each, for users who are new."""
    labels = data.labels
    if labels is None:
        return None
    scores = popular.scores(data, np.ones(len(data.rows)))
    vectors = _means(shape.users, labels) if isinstance(shape, Factors) else None
    return Segments(labels.column, labels.names, scores, vectors)


def _means(vectors: Vectors, labels: Labels) -> Vectors:
    """Mean of the vectors of each segment's users: float32 [labels, factors]."""
    means = [
        vectors[labels.codes == code].mean(axis=0, dtype=np.float64)
        for code in range(len(labels.names))
    ]
    return np.stack(means).astype(np.float32) if means else vectors[:0]


def _catalogue(name: str, learner: Learner, log: Table, items: Table | None) -> pl.DataFrame | None:
    wanted = "items" in learner.needs()
    if wanted == (items is None):
        what = "needs the items: add --items TABLE" if wanted else "reads no items: drop --items"
        raise RecliError(f"train-{name} {what}", code=ExitCode.USAGE)
    if items is None:
        return None
    same_id_type(log.schema, items.schema, "item_id", items.where)
    return items.read()


def _labels(log: Table, users: Table | None, segment: str | None) -> pl.DataFrame | None:
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
    return users.read(["user_id", segment])
