"""Check that tables and artefacts are whole and keep their contract."""

from typing import Annotated, Literal

import typer

from recli.cli.run import Run

GROUP = "Tools"
EXAMPLE = "recli verify als.model train.parquet"

Paths = Annotated[list[str], typer.Argument(metavar="PATH…", help="Tables and artefacts.")]
Kind = Annotated[
    Literal["interactions", "items", "users", "candidates", "metrics"] | None,
    typer.Option("--kind", help="What a table should be, where its provenance does not say."),
]


def command(run: Run, paths: Paths, kind: Kind = None) -> None:
    """Print a line for each path that is whole; stop at the first that is not."""
    from recli.stages.inspect import open_any
    from recli.stages.verify import verify_artefact, verify_table
    from recli.store import text
    from recli.store.artefact import is_artefact

    for path in paths:
        if is_artefact(path):
            print(f"{text.safe(path, 4000)}: {verify_artefact(path)}")
        else:
            run.claim(path, "table")
            print(f"{text.safe(path, 4000)}: {verify_table(open_any(path, kind))}")
