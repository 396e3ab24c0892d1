"""Models on disk: one way to save and load each shape, none per model."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from recli.kernels.matrix import Ids, numbers
from recli.kernels.shapes import Factors, FoldIn, ItemScores, ItemWeights, Shape
from recli.store.artefact import Artefact
from recli.store.open import Table, verified
from recli.tables import ITEMS, USERS

ITEMS_FILE, USERS_FILE, WEIGHTS_FILE, SCORES_FILE = (
    "items.parquet",
    "users.parquet",
    "weights.parquet",
    "scores.parquet",
)


@dataclass(frozen=True)
class Model:
    """What retrieval needs of a model; user vectors stay on disk and are read in step."""

    items: Ids
    counts: npt.NDArray[np.int64]  # [items] training interactions
    shape: Shape  # of Factors without its users


def save_model(
    folder: Path, shape: Shape, users: Ids, items: Ids, counts: npt.NDArray[np.int64]
) -> dict[str, Any]:
    """Write a shape as Parquet files; what else it needs comes back for the manifest."""
    table = {"item_id": items, "count": pl.Series(counts)}
    if isinstance(shape, Factors):
        _write(folder / ITEMS_FILE, pl.DataFrame(table), shape.items)
        _write(folder / USERS_FILE, pl.DataFrame({"user_id": users}), shape.users)
        return {"shape": "factors", "fold_in": asdict(shape.fold_in)}
    _write(folder / ITEMS_FILE, pl.DataFrame(table))
    if isinstance(shape, ItemWeights):
        cells = shape.weights.tocoo()
        long = {
            "item_id": items.gather(cells.coords[0]),
            "scored_item_id": items.gather(cells.coords[1]),
            "weight": cells.data,
        }
        _write(folder / WEIGHTS_FILE, pl.DataFrame(long))
        return {"shape": "item-weights"}
    wide = {"item_id": items} | {
        f"segment_{row}": shape.scores[row] for row in range(len(shape.segments))
    }
    _write(folder / SCORES_FILE, pl.DataFrame(wide))
    return {"shape": "item-scores", "column": shape.column, "segments": list(shape.segments)}


def vectors_table(artefact: Artefact) -> Table | None:
    """The user vectors of a model or index, sorted by user; None where it has none."""
    files = [name for name in artefact.manifest["files"] if name.endswith(USERS_FILE)]
    return verified(artefact.file(files[0]), USERS) if files else None


def items_table(artefact: Artefact) -> Table:
    """The items of a model or index, sorted by item."""
    name = next(name for name in artefact.manifest["files"] if name.endswith(ITEMS_FILE))
    return verified(artefact.file(name), ITEMS)


def load_model(artefact: Artefact, prefix: str = "") -> Model:
    """The model in a verified directory; `prefix` is its folder inside an index."""
    manifest = artefact.manifest["model"] if prefix else artefact.manifest
    table = pl.read_parquet(artefact.file(prefix + ITEMS_FILE), glob=False)
    items, counts = table["item_id"], table["count"].to_numpy()
    shape = manifest["shape"]
    if shape == "factors":
        vectors = vectors_of(table)
        empty = np.zeros((0, vectors.shape[1]), np.float32)
        return Model(items, counts, Factors(empty, vectors, FoldIn(**manifest["fold_in"])))
    if shape == "item-weights":
        cells = pl.read_parquet(artefact.file(prefix + WEIGHTS_FILE), glob=False)
        where = (numbers(cells["item_id"], items), numbers(cells["scored_item_id"], items))
        coo = sparse.coo_array((cells["weight"].to_numpy(), where), (len(items), len(items)))
        return Model(items, counts, ItemWeights(sparse.csr_array(coo)))
    wide = pl.read_parquet(artefact.file(prefix + SCORES_FILE), glob=False)
    scores = np.ascontiguousarray(wide.drop("item_id").to_numpy().T)
    segments = tuple(manifest["segments"])
    return Model(items, counts, ItemScores(scores, segments, manifest["column"]))


def vectors_of(table: pl.DataFrame) -> npt.NDArray[np.float32]:
    """The `vector` column as float32 [rows, factors]."""
    return np.ascontiguousarray(table["vector"].to_numpy(), dtype=np.float32)


def _write(path: Path, rows: pl.DataFrame, vectors: npt.NDArray[np.float32] | None = None) -> None:
    table = rows.to_arrow()
    if vectors is not None:
        flat = pa.array(np.ascontiguousarray(vectors).ravel())
        column = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
        table = table.append_column("vector", column)
    # Vectors are noise to a compressor; ids are not, but are few beside them.
    pq.write_table(
        table,
        path,
        compression="none" if vectors is not None else "zstd",
        use_dictionary=vectors is None,
        write_page_checksum=True,
        row_group_size=1 << 17,
    )
