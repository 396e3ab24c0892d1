"""Models on disk: what was learned beside the ids it is about."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.matrix import WEIGHTS, Ids, Reading
from recli.kernels.shapes import ITEMS, USERS, Segments, Shape, Vectors
from recli.store.artefact import Artefact
from recli.store.open import Table, verified
from recli.store.shapes import AXES, Loader, Saver, arrow, write_table
from recli.tables import ITEMS as ITEMS_TABLE
from recli.tables import USERS as USERS_TABLE

ITEMS_FILE, USERS_FILE = "items.parquet", "users.parquet"


@dataclass(frozen=True)
class Model:
    """What retrieval needs of a model; user vectors stay on disk and are read in step."""

    items: Ids
    counts: npt.NDArray[np.int64]  # [items] training interactions
    shape: Shape  # what has a row a user is empty
    reading: Reading = WEIGHTS
    segments: Segments | None = None


def save_model(folder: Path, model: Model, users: Ids) -> dict[str, Any]:
    """Write a model as Parquet files; what else it needs comes back for the manifest."""
    saver = Saver(folder, {ITEMS: model.items, USERS: users}, {ITEMS: {}, USERS: {}})
    learned = saver.save(model.shape, "")
    segments = None if model.segments is None else saver.save(model.segments, "segment_")
    saver.columns[ITEMS] = {"count": arrow(model.counts)} | saver.columns[ITEMS]
    for axis, file in ((ITEMS, ITEMS_FILE), (USERS, USERS_FILE)):
        if saver.columns[axis]:
            ids = {AXES[axis]: saver.ids[axis].to_arrow()}
            write_table(folder / file, ids | saver.columns[axis])
    return {"learned": learned, "segments": segments, "reading": asdict(model.reading)}


def vectors_table(artefact: Artefact) -> Table | None:
    """The user vectors of a model or index, sorted by user; None where it has none."""
    files = [name for name in artefact.manifest["files"] if name.endswith(USERS_FILE)]
    return verified(artefact.file(files[0]), USERS_TABLE) if files else None


def items_table(artefact: Artefact) -> Table:
    """The items of a model or index, sorted by item."""
    name = next(name for name in artefact.manifest["files"] if name.endswith(ITEMS_FILE))
    return verified(artefact.file(name), ITEMS_TABLE)


def load_model(artefact: Artefact, prefix: str = "") -> Model:
    """The model in a verified directory; `prefix` is its folder inside an index."""
    manifest = artefact.manifest["model"] if prefix else artefact.manifest
    table = pl.read_parquet(artefact.file(prefix + ITEMS_FILE), glob=False)
    loader = Loader(artefact, prefix, table)
    return Model(
        table["item_id"],
        table["count"].to_numpy(),
        loader.load(manifest["learned"]),
        Reading(**manifest["reading"]),
        loader.load(manifest["segments"]) if manifest["segments"] else None,
    )


def vectors_of(table: pl.DataFrame) -> Vectors:
    """The `vector` column as float32 [rows, factors]."""
    return np.ascontiguousarray(table["vector"].to_numpy(), dtype=np.float32)
