"""Show what a table or artefact holds, and the steps that made it."""

from typing import Annotated

import typer

from recli.cli.options import PLACE
from recli.cli.run import Run

GROUP = "Tools"
EXAMPLE = "recli inspect als.model"

PathIn = Annotated[str, typer.Argument(metavar="PATH", help="Table or artefact.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


Plot = Annotated[
    str | None,
    typer.Option(
        "--plot",
        metavar="FILE.svg",
        help="Draw, of an index, recall against speed; of a ranker, the importances of features.",
    ),
    PLACE,
]


def command(run: Run, path: PathIn = "-", as_json: Json = False, plot: Plot = None) -> None:
    """Print the facts as text or JSON."""
    import json

    from recli.cli.facts import shown
    from recli.stages import inspect
    from recli.stages import plot as drawing
    from recli.store.artefact import is_artefact, open_artefact
    from recli.store.report import write_report

    if plot is not None:
        drawing.check_plot(plot)
    if plot is not None or is_artefact(path):
        artefact = open_artefact(path, *(drawing.DRAWN if plot is not None else ()))
        facts = inspect.of_artefact(artefact)
        if plot is not None:
            write_report(plot, drawing.plot(artefact))
    else:
        run.claim(path, "table")
        facts = inspect.of_table(inspect.open_any(path))
    if plot != "-":
        print(json.dumps(facts, default=str, ensure_ascii=True) if as_json else shown(facts))
