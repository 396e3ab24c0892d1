"""The recall-against-speed curve that was measured when an index was built."""

from typing import Any

from recli.errors import ExitCode, RecliError
from recli.kernels.curve_plot import Point, svg
from recli.store import text
from recli.store.artefact import TIMINGS, Artefact, Manifest


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
