"""Learn a retrieval model from interactions."""

from typing import Annotated, Any

import typer

from recli.cli.options import Items, OutDir, TableIn, Users
from recli.cli.run import Run

GROUP = "Train"
NAME = "train-{}"
PLUGINS = "models"
EXAMPLE = "recli train-{0} train.parquet -o {0}.model"


Segment = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Column of --users: what to offer those of whom nothing else is known.",
    ),
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    out: OutDir,
    table: TableIn = "-",
    users: Users = None,
    segment: Segment = None,
    items: Items = None,
) -> None:
    """Open the interactions, fit, publish the model."""
    from recli.kernels.matrix import ignore
    from recli.stages.train import read_training, train
    from recli.store.artefact import check_place
    from recli.tables import INTERACTIONS, ITEMS, USERS

    target = check_place(out, "model")
    interactions = run.table(table, INTERACTIONS, "interactions")
    tables = run.tables(users=(users, USERS), items=(items, ITEMS))
    # A model may work for what it reports, as ALS does for its loss.
    report = run.detail if run.verbose else ignore
    data = read_training(*plugin, interactions, tables, segment, run.threads, report)
    run.counted(**train(plugin, data, target, run.provenance))
