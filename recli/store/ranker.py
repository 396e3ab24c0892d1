"""Rankers on disk: the same files for each, and none that a parser sees unverified."""

import importlib.metadata
import json
from pathlib import Path
from typing import Any

from recli import registry
from recli.kernels.calibration import Calibration
from recli.kernels.features import Layout
from recli.kernels.objectives import BLEND, Objectives
from recli.kernels.ranker import Ranker
from recli.kernels.ranking import Explain, RowScorer, Score
from recli.store.artefact import Artefact

FEATURES_FILE, CALIBRATION_FILE = "features.json", "calibration.json"


def save_ranker(folder: Path, learned: RowScorer, layout: Layout) -> dict[str, Any]:
    """Write what a ranker learned and the layout of its features; the rest is returned.

    That rest, for the manifest: the features in order, the columns they need, importances
    (largest first), facts of the training, and the objectives where there are several.
    """
    for name, text in learned.files.items():
        (folder / name).write_text(text, "utf-8")
    record = json.dumps(layout.record(), ensure_ascii=False, indent=1)
    (folder / FEATURES_FILE).write_text(record + "\n", "utf-8")
    told = layout.columns
    blend = {"objectives": json.loads(learned.files[BLEND])} if BLEND in learned.files else {}
    columns = {"candidates": told.candidates, "items": told.items, "users": told.users}
    return {
        "features": list(layout.names),
        "categorical": list(layout.categorical),
        "needs": {
            role: {column.name: column.type for column in needed}
            for role, needed in columns.items()
            if needed
        },
        "importances": {
            kind: dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0])))
            for kind, values in learned.importances.items()
        },
        "learned": dict(learned.facts),
        **blend,
        **({"cut_short": True} if learned.cut_short else {}),
    }


def versions(learned: RowScorer) -> dict[str, str]:
    """Versions of the libraries that a ranker itself used."""
    return {name: importlib.metadata.version(name) for name in learned.libraries}


def layout_of(artefact: Artefact) -> Layout:
    """The layout of a verified ranker's features."""
    record = json.loads(artefact.file(FEATURES_FILE).read_text("utf-8"))
    families = [
        (name, registry.load("features", name)(**parameters))
        for name, parameters in record["families"].items()
    ]
    return Layout.of(record, tuple(families))


def load_ranker(artefact: Artefact, threads: int) -> Score:
    """The function that scores features, of a verified ranker."""
    plugin, files = _saved(artefact)
    return plugin.open(files, threads)


def load_explainer(artefact: Artefact, threads: int) -> Explain:
    """The function that tells what each feature adds to a score, of a verified ranker."""
    plugin, files = _saved(artefact)
    return plugin.explain(files, threads)


def load_uncertainty(artefact: Artefact, threads: int) -> Score | None:
    """The function that says how unsure each score is, of a verified ranker that knows it."""
    plugin, files = _saved(artefact)
    single = plugin.ranker if isinstance(plugin, Objectives) else plugin
    knows: Any = plugin if hasattr(single, "uncertain") else None
    score: Score | None = knows and knows.uncertain(files, threads)
    return score


def _saved(artefact: Artefact) -> tuple[Ranker | Objectives, dict[str, str]]:
    """The plug-in of a verified ranker and the files that it saved."""
    plugin: Ranker = registry.load("rankers", artefact.plugin)(**artefact.manifest["parameters"])
    files = {
        name: artefact.file(name).read_text("utf-8")
        for name in artefact.manifest["files"]
        if name not in (FEATURES_FILE, CALIBRATION_FILE)
    }
    return (Objectives(plugin) if BLEND in files else plugin), files


def save_calibration(folder: Path, calibration: Calibration) -> None:
    """Write the map of a ranker's scores to chances."""
    text = json.dumps(calibration.record()) + "\n"
    (folder / CALIBRATION_FILE).write_text(text, "utf-8")


def load_calibration(artefact: Artefact) -> Calibration | None:
    """The map of a verified ranker's scores to chances, if it has one."""
    if CALIBRATION_FILE not in artefact.manifest["files"]:
        return None
    return Calibration.of(json.loads(artefact.file(CALIBRATION_FILE).read_text("utf-8")))
