"""Indexes on disk: a model's files beside the back end's own."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
import polars as pl

from recli import registry
from recli.errors import RecliError
from recli.kernels.served import Columns, Search
from recli.kernels.shapes import Factors, Vectors
from recli.store.artefact import Artefact, Manifest
from recli.store.failures import reading
from recli.store.model import Model, load_model, vectors_of, vectors_table
from recli.store.provenance import hash_file

MODEL = "model/"  # folder inside an index that holds the model's files
# What an index keeps of the model's manifest.
_KEPT = ("plugin", "parameters", "libraries", "learned", "segments", "reading")


class Tunable(Protocol):
    """A search whose effort is chosen at each call."""

    def __call__(self, queries: Vectors, k: int, effort: int) -> Columns | None:
        """Item numbers [queries, k], -1 where there are none; None where the back end failed."""


class BackEnd(Protocol):
    """What a file of `indexes/` defines."""

    EFFORT: ClassVar[str]  # what a unit of effort is
    LIBRARY: ClassVar[str | None]  # the package whose version goes into the manifest

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Write the back end's own files for the item vectors [items, factors]."""

    def most_effort(self, items: int) -> int:
        """The effort at which a search is as good as exact; 0 where there is none to set."""

    def open(self, folder: Path, vectors: Vectors, threads: int) -> Tunable | None:
        """The search of verified files, checked to be of these vectors; None is exact."""


@dataclass(frozen=True)
class Index:
    """A model with a faster way to its nearest items."""

    model: Model
    search: Search | None  # None: exact


def load_index(artefact: Artefact, threads: int) -> Index:
    """The index in a verified directory."""
    model = load_model(artefact, MODEL)
    backend: BackEnd = registry.load("indexes", artefact.plugin)(**artefact.manifest["parameters"])
    if not isinstance(model.shape, Factors):
        raise RecliError(f"{artefact.path} holds a model without vectors", "build it again")
    search = backend.open(artefact.path, model.shape.items, threads)
    effort = artefact.manifest["search"]["effort"]
    return Index(model, None if search is None else partial(search, effort=effort))


def copy_model(artefact: Artefact, folder: Path) -> Manifest:
    """Copy a verified model's files into an index; what loading needs comes back."""
    files = artefact.manifest["files"]
    for name, wanted in files.items():
        copy = folder / MODEL / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(artefact.file(name), copy)
        if hash_file(copy) != wanted["sha256"]:
            raise RecliError(f"{artefact.path} changed while it was read", "run again")
    kept = {key: artefact.manifest[key] for key in _KEPT if key in artefact.manifest}
    return kept | {"sha256": artefact.sha256}


def sample_of_users(artefact: Artefact, count: int, seed: int) -> Vectors:
    """Vectors of some of a model's users, drawn at random: float32 [at most count, factors].

    Users whose vector is not finite, of whom the model can say nothing, are left out.
    """
    table = vectors_table(artefact)
    if table is None:
        raise RecliError(f"{artefact.path} holds no user vectors", "train it again")
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(table.rows, min(count, table.rows), replace=False))
    parts: list[Vectors] = []
    begin = 0
    with reading(str(artefact.path)):
        for batch in table.batches(["user_id", "vector"]):
            within = rows[(rows >= begin) & (rows < begin + batch.height)] - begin
            parts.append(vectors_of(batch.select(pl.col("vector").gather(within))))
            begin += batch.height
    found = np.concatenate(parts)
    return found[np.isfinite(found).all(axis=1)]
