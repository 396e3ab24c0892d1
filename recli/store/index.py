"""Indexes on disk: a model's files beside the back end's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recli import registry
from recli.store.artefact import Artefact
from recli.store.model import Model, load_model

MODEL = "model/"  # folder inside an index that holds the model's files


@dataclass(frozen=True)
class Index:
    """A model with a faster way to its nearest items."""

    model: Model
    search: Callable[..., Any] | None  # None: exact


def load_index(artefact: Artefact, threads: int) -> Index:
    """The index in a verified directory."""
    model = load_model(artefact, MODEL)
    plugin = registry.load("indexes", artefact.plugin)(**artefact.manifest["parameters"])
    files = {
        name: artefact.file(name)
        for name in artefact.manifest["files"]
        if not name.startswith(MODEL)
    }
    search = plugin.open(files, model.shape, artefact.manifest["search"], threads)
    return Index(model, search)
