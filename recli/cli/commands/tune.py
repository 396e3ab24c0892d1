"""Search a model's hyper-parameters on validation data and write them as a config.

Optuna looks within the ranges that the model declares (train-MODEL --help), beginning with the
defaults. Models that learn in sweeps are compared after a ninth and a third of them, and those
behind are given up. The result is what train-MODEL takes with --config.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Before, Items, Metric, MinRelevance, Out, Seed, Train, Valid
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError
from recli.kernels import moments

GROUP = "Train"
EXAMPLE = "recli tune item-knn past.parquet --valid labels.parquet --trials 3 -o best.toml"

Model = Annotated[
    str, typer.Argument(metavar="MODEL", help="Model to tune: the NAME of train-NAME.")
]
Budget = Annotated[
    str | None,
    typer.Option("--time-limit", metavar="TIME", help="Search for so long: 90s, 10m or 2h."),
]
Trials = Annotated[
    int | None, typer.Option(min=1, help="Try so many; 50 where there is no time limit.")
]
Fixed = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Keep a field at a value; repeatable."),
]
Study = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Where trials are kept; a stopped search goes on from it."),
    PLACE,
]
Jobs = Annotated[
    int, typer.Option(min=1, help="Trials at a time; more than 1 do not repeat exactly."), PLACE
]


def command(
    run: Run,
    model: Model,
    train: Train,
    valid: Valid,
    metric: Metric = "ndcg@10",
    min_relevance: MinRelevance = None,
    items: Items = None,
    history: Before = None,
    time_limit: Budget = None,
    trials: Trials = None,
    fixed: Fixed = None,
    study: Study = None,
    jobs: Jobs = 1,
    seed: Seed = 0,
    out: Out = "-",
) -> None:
    """Check everything, search, say how it goes, publish the best."""
    from recli.stages import tune_report
    from recli.stages.tune import tune
    from recli.stages.tune_search import Limits, Search, check_named
    from recli.stages.tune_study import journal_of
    from recli.store.chosen import mark
    from recli.store.report import check_report, write_report
    from recli.tables import INTERACTIONS, ITEMS

    check_report(out)
    seconds = None if time_limit is None else moments.seconds("--time-limit", time_limit)
    asked = {
        "train": (train, INTERACTIONS),
        "valid": (valid, INTERACTIONS),
        "items": (items, ITEMS),
        "history": (history, INTERACTIONS),
    }
    check_named(asked)
    tables = run.tables(**asked)
    search = Search.of(model, asked, tables, metric, min_relevance, fixed or [], seed, run.threads)
    if not search.tunable():
        raise RecliError(f"{model} has nothing to tune", code=ExitCode.USAGE)
    limits = Limits(trials if trials or seconds else 50, seconds, jobs)
    tried = []
    with journal_of(study) as journal:
        for one in run.progress(
            tune(search, limits, journal), limits.trials, "trials", lambda _: 1
        ):
            tried.append(one)
            run.detail(tune_report.line(search, one))
    write_report(out, f"{mark(tables['valid'].sha256)}\n{tune_report.config(search, tried)}")
    run.say(tune_report.summary(search, tried))
    run.counted(**tune_report.counts(tried))
