"""Part interactions into training and test rows, and say what is cold."""

from typing import Annotated, Any

import typer

from recli.cli.options import PLACE, Form, TableIn
from recli.cli.run import Run

GROUP = "Prepare"
NAME = "split {}"
PLUGINS = "splitters"
EXAMPLE = "recli split {} interactions.parquet --train train.parquet --test test.parquet"

Train = Annotated[str, typer.Option(metavar="FILE", help="Where the rows to learn from go."), PLACE]
Test = Annotated[str, typer.Option(metavar="FILE", help="Where the rows to test on go."), PLACE]
Valid = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Where rows to choose settings by go, if wanted."),
    PLACE,
]
Early = Annotated[
    str | None,
    typer.Option("--history", metavar="FILE", help="For users: their earlier rows; needed there."),
    PLACE,
]
WarmOnly = Annotated[
    bool, typer.Option("--warm-only", help="Drop test rows of users or items not in training.")
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    train: Train,
    test: Test,
    table: TableIn = "-",
    valid: Valid = None,
    history: Early = None,
    warm_only: WarmOnly = False,
    form: Form = None,
) -> None:
    """Plan the parts, write them all, publish them together."""
    from recli.stages.split import Split
    from recli.stages.split_outputs import outputs_of
    from recli.store.write import Output
    from recli.tables import INTERACTIONS

    name, splitter = plugin
    targets = {"train": train, "valid": valid, "test": test, "history": history}
    outputs = outputs_of(
        splitter,
        {
            part: None if target is None else Output(target, INTERACTIONS, form)
            for part, target in targets.items()
        },
    )
    interactions = run.table(table, INTERACTIONS, "interactions")
    work = Split(interactions, splitter, outputs)
    work.look()
    work.write(
        run.provenance,
        warm_only=warm_only,
        watch=lambda blocks: run.progress(
            blocks, interactions.rows, "rows", lambda block: block.height
        ),
    )
    if splitter.leaks:
        run.warn(f"{name} does not cut by time: {splitter.leaks}")
    for line in work.told():
        run.say(line)
    parts = {f"to {part}": count for part, count in work.accounts.rows.items()}
    run.counted(**{"rows in": interactions.rows}, **parts, dropped=work.accounts.dropped)
