"""The recall-against-speed curve that was measured when an index was built."""

from pathlib import Path
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels.curve_plot import Point, svg
from recli.store import text
from recli.store.artefact import TIMINGS, Artefact, Manifest, is_artefact
from recli.store.report import check_report


def curve(manifest: Manifest) -> list[dict[str, Any]]:
    """Effort, recall and queries a second of each setting tried, by effort."""
    speeds = {
        trial["effort"]: trial["queries_per_second"]
        for trial in manifest.get(TIMINGS, {}).get("tried", ())
    }
    return [
        {**trial, "queries_per_second": speeds[trial["effort"]]}
        for trial in manifest.get("search", {}).get("tried", ())
        if trial["effort"] in speeds
    ]


def check_plot(target: str) -> None:
    """Raise RecliError before any work where a drawing would take the place of something else."""
    path = Path(target)
    if target != "-" and path.suffix != ".svg":
        raise RecliError(
            f"--plot {target}: a drawing is SVG", "write FILE.svg", code=ExitCode.USAGE
        )
    if is_artefact(str(path.parent)):
        raise RecliError(
            f"--plot {target} would stand inside {path.parent}",
            "choose a place beside it",
            code=ExitCode.CANNOT_CREATE,
        )
    check_report(target)


def plot(artefact: Artefact) -> str:
    """The curve of a verified index as SVG; RecliError where there is none."""
    points = [Point(**trial) for trial in curve(artefact.manifest)]
    if not points:
        raise RecliError(
            f"{artefact.path} holds no curve of recall against speed",
            "--plot draws that of an index with a setting, such as build-index ivf",
            code=ExitCode.USAGE,
        )
    search, timings = artefact.manifest["search"], artefact.manifest[TIMINGS]
    title = text.safe(f"{artefact.path.name}: {artefact.plugin}")
    recall = f"recall@{search['k']}"
    return svg(points, timings["exact_queries_per_second"], title, search["unit"], recall)
