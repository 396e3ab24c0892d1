"""Show what a table or artefact holds, and the steps that made it."""

from typing import Annotated

import typer

from recli.cli.run import Run

GROUP = "Tools"
EXAMPLE = "recli inspect als.model"

PathIn = Annotated[str, typer.Argument(metavar="PATH", help="Table or artefact.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def command(run: Run, path: PathIn = "-", as_json: Json = False) -> None:
    """Print the facts as text or JSON."""
    import json

    from recli.cli.facts import shown
    from recli.stages import inspect
    from recli.store.artefact import is_artefact, open_artefact

    if is_artefact(path):
        facts = inspect.of_artefact(open_artefact(path))
    else:
        run.claim(path, "table")
        facts = inspect.of_table(inspect.open_any(path))
    print(json.dumps(facts, default=str, ensure_ascii=True) if as_json else shown(facts))
