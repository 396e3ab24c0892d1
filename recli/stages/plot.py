"""What an artefact has to draw: an index its curve, a ranker its importances."""

from pathlib import Path

from recli.errors import ExitCode, RecliError
from recli.stages import importances, index_curve
from recli.store.artefact import Artefact, is_artefact
from recli.store.report import check_report

DRAWN = {"index": index_curve.plot, "ranker": importances.plot}


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
    """The drawing of a verified artefact as SVG; RecliError where there is nothing to draw."""
    return DRAWN[artefact.kind](artefact)
