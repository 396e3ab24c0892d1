"""Learn a retrieval model from interactions."""

from typing import Any

from recli.cli.options import OutDir, TableIn, Users
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Train"
NAME = "train-{}"
PLUGINS = "models"
EXAMPLE = "recli train-{0} train.parquet -o {0}.model"


def command(
    run: Run, plugin: tuple[str, Any], out: OutDir, table: TableIn = "-", users: Users = None
) -> None:
    """Open the interactions, fit, publish the model."""
    from recli.kernels.matrix import ignore
    from recli.stages.train import read_training, train
    from recli.store.artefact import check_place
    from recli.tables import INTERACTIONS, USERS

    target = check_place(out, "model")
    interactions = run.table(table, INTERACTIONS, "interactions")
    if users is not None and not hasattr(plugin[1], "segment"):
        raise RecliError(f"train-{plugin[0]} reads no users", "drop it", code=ExitCode.USAGE)
    people = None if users is None else run.table(users, USERS, "users")
    segment = getattr(plugin[1], "segment", None)
    # A model may work for what it reports, as ALS does for its loss.
    report = run.detail if run.verbose else ignore
    data = read_training(interactions, people, segment, run.threads, report)
    run.counted(**train(plugin, data, target, run.provenance))
