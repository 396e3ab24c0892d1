"""List for each item the items most like it, by what a model learned."""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, Out
from recli.cli.run import Run

GROUP = "Serve"
EXAMPLE = "recli similar als.model -k 20 -o similar.parquet"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Model or index directory."), PLACE]
K = Annotated[int, typer.Option("-k", min=1, help="Similar items for each item.")]
Of = Annotated[
    str | None,
    typer.Option("--items-of", metavar="TABLE", help="Items that alone are asked about."),
    PLACE,
]
Only = Annotated[
    str | None, typer.Option(metavar="TABLE", help="Items that alone may be listed."), PLACE
]


def command(
    run: Run,
    model: Model,
    k: K = 20,
    items_of: Of = None,
    only: Only = None,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Open the model, list block after block of its items."""
    from collections import Counter

    from recli.stages import similar
    from recli.stages.loop import rows_of
    from recli.stages.retrieve_inputs import offered
    from recli.store.write import Output
    from recli.tables import ITEMS, SIMILAR

    output = Output(out, SIMILAR, form)
    artefact = run.artefact(model, "model", "model", "index")
    tables = run.tables(of=(items_of, ITEMS), only=(only, ITEMS))
    ids = {role: offered(artefact, table) for role, table in tables.items()}
    stage = similar.load(artefact, similar.Choices(k, **ids, threads=run.threads))
    counts: Counter[str] = Counter()
    steps = run.progress(
        stage.blocks(), len(stage.asked), "items", lambda block: block["items"].height
    )
    rows = rows_of(lambda: stage, steps, counts)
    written = output.write(rows, run.provenance, counts)
    run.counted(**counts | {"rows out": written})
