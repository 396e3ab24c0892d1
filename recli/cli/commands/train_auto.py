"""Try a short list of models, tune the best and keep the winner, all within a time limit.

Every model is tried with its defaults on the validation table, in the order of the list; the
rest of the time goes to the hyper-parameters of the best two. The winner is trained on TRAIN with
its best values. The table that it was chosen from stands in its manifest: recli inspect MODEL.
"""

from typing import Annotated, Any

import typer

from recli.cli.options import Before, Items, Metric, MinRelevance, OutDir, Seed, Train, Valid
from recli.cli.run import Run
from recli.kernels import moments

GROUP = "Train"
EXAMPLE = (
    "recli train-auto past.parquet --valid labels.parquet --models popularity,item-knn --trials 2"
    " -o best.model"
)

Models = Annotated[str, typer.Option(help="The short list: names of train-NAME, fastest first.")]
Budget = Annotated[
    str,
    typer.Option(
        "--time-limit", metavar="TIME", help="For all of it: 90s, 10m or 2h.", show_default=True
    ),
]
Trials = Annotated[
    int | None, typer.Option(min=1, help="Tune the best two with so many trials, no time limit.")
]


def command(
    run: Run,
    train: Train,
    valid: Valid,
    out: OutDir,
    metric: Metric = "ndcg@10",
    min_relevance: MinRelevance = None,
    models: Models = "popularity,item-knn,als,ease,gf-cf,bpr",
    items: Items = None,
    history: Before = None,
    time_limit: Budget = "10m",
    trials: Trials = None,
    seed: Seed = 0,
) -> None:
    """Check everything, compare, say what was found, train and publish the winner."""
    import tempfile
    from pathlib import Path

    from recli.kernels.matrix import ignore
    from recli.stages import auto
    from recli.stages.train import read_training
    from recli.stages.train import train as learn
    from recli.stages.tune_search import Limits, Search, check_named
    from recli.store import text
    from recli.store.artefact import check_place
    from recli.tables import INTERACTIONS, ITEMS

    target = check_place(out, "model")
    names = list(auto.names_of(models))
    paths = {
        "train": (train, INTERACTIONS),
        "valid": (valid, INTERACTIONS),
        "items": (items, ITEMS),
        "history": (history, INTERACTIONS),
    }
    check_named(paths)
    tables = run.tables(**paths)
    shared: Any = (paths, tables, metric, min_relevance, [], seed, run.threads)
    searches = [Search.of(name, *shared) for name in names]
    limits = Limits(trials, None if trials else moments.seconds("--time-limit", time_limit))
    with tempfile.TemporaryDirectory(prefix="recli-") as folder:
        ranked = auto.compare(searches, limits, Path(folder), run.detail)
    run.say(text.table(auto.HEADER, auto.shown(ranked)))
    winner = ranked[0].search
    plugin = (winner.model, winner.learner(ranked[0].values))
    catalogue = {"items": tables["items"]} if "items" in plugin[1].needs() else {}
    data = read_training(*plugin, tables["train"], catalogue, None, run.threads, ignore)
    run.counted(**learn(plugin, data, target, run.provenance, **auto.record(ranked)))
