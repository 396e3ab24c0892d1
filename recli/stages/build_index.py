"""Build an index over a model's items and find the search setting that is good enough."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recli import registry
from recli.errors import RecliError
from recli.kernels.matrix import ignore
from recli.kernels.shapes import Factors, Vectors
from recli.stages.index_trial import Clock, Found, Goal, Trial
from recli.store.artefact import TIMINGS, Artefact, Manifest, publish
from recli.store.index import BackEnd, copy_model, sample_of_users
from recli.store.model import load_model
from recli.store.provenance import Provenance


@dataclass(frozen=True)
class Built:
    """An index that was published: what was found of its search, and its size."""

    found: Found
    size: int  # bytes of the back end's own files


def item_vectors(artefact: Artefact) -> Vectors:
    """Vectors [items, factors] of a verified model; RecliError where it has none."""
    if artefact.manifest["learned"]["type"] != Factors.__name__:
        raise RecliError(
            f"{artefact.path} is a model of {artefact.plugin}, which has no vectors to index",
            f"models with vectors: {', '.join(_with_vectors())}",
        )
    shape = load_model(artefact).shape
    if not isinstance(shape, Factors):
        raise TypeError("a model of factors must load as one")
    return shape.items


def build_index(
    plugin: tuple[str, Any],
    artefact: Artefact,
    goal: Goal,
    target: Path,
    provenance: Provenance,
    threads: int,
    clock: Clock,
    report: Callable[[str], None] = ignore,
    more: Manifest | None = None,
) -> Built:
    """Build, measure and publish the index of a verified model.

    `report` is told of each setting that is tried; `more` goes beside what a clock measured.

    Raises RecliError (gate) and publishes nothing where no setting reaches the goal.
    """
    backend: BackEnd = plugin[1]
    vectors = item_vectors(artefact)
    rows = {"items": len(vectors)}
    with publish(target, "index", plugin, provenance, rows) as (folder, manifest):
        backend.build(vectors, folder, goal.seed, threads)
        size = size_of(folder)
        search = backend.open(folder, vectors, threads)
        users = sample_of_users(artefact, goal.queries, goal.seed)
        trial = Trial(vectors, users, goal, threads, clock, report)
        found = trial.find(search, backend.most_effort(len(vectors)))
        manifest["model"] = copy_model(artefact, folder)
        if backend.LIBRARY is not None:
            manifest["libraries"][backend.LIBRARY] = importlib.metadata.version(backend.LIBRARY)
        manifest["search"] = _search(found, goal, backend.EFFORT, len(users)) | {"size": size}
        manifest[TIMINGS] = _timings(found) | (more or {})
    return Built(found, size)


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _search(found: Found, goal: Goal, unit: str, users: int) -> Manifest:
    """What the manifest says of the search, but for speeds, which differ from run to run."""
    return {
        "effort": found.effort,
        "unit": unit,
        "target_recall": goal.recall,
        "recall": found.recall,
        "k": goal.k,
        "queries": users,
        "seed": goal.seed,
        "tried": [{"effort": trial.effort, "recall": trial.recall} for trial in found.tried],
    }


def _timings(found: Found) -> Manifest:
    return {
        "queries_per_second": round(found.queries_per_second, 1),
        "exact_queries_per_second": round(found.exact_queries_per_second, 1),
        "tried": [
            {"effort": trial.effort, "queries_per_second": round(trial.queries_per_second, 1)}
            for trial in found.tried
        ],
    }


def _with_vectors() -> list[str]:
    """Names of the models whose `fit` says that it returns factors."""
    found = []
    for name in registry.names("models"):
        shape = registry.load("models", name).fit.__annotations__["return"]
        if getattr(shape, "__name__", shape) == Factors.__name__:
            found.append(name)
    return found
