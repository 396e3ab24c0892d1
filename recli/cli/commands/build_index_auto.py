"""Try every back end on a sample, and build the fastest that finds enough.

Each back end is built over samples of the items with its default options, its speed at the recall
asked for is measured and carried forward to all items; the best is built over all of them and
measured again. Exact search wins where no other is a tenth faster. What was tried stands in the
manifest: recli inspect INDEX. Clocks differ from run to run, and the choice may with them.
"""

from typing import Annotated

import typer

from recli.cli.commands.build_index import K, Model, Queries, Target, said
from recli.cli.options import OutDir, Seed
from recli.cli.run import Run
from recli.kernels import moments

GROUP = "Serve"
NAME = "build-index auto"
EXAMPLE = "recli build-index auto als.model --target-recall 0.95 -o auto.index"

Budget = Annotated[
    str,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        help="Try and build nothing that would take longer in all: 90s, 10m or 2h. Exact search "
        "is always tried.",
    ),
]


def command(
    run: Run,
    model: Model,
    out: OutDir,
    target_recall: Target = 0.95,
    k: K = 100,
    queries: Queries = 1000,
    seed: Seed = 0,
    time_limit: Budget = "10m",
) -> None:
    """Open the model, try, build and publish."""
    import time

    from recli.stages.choose_index import Search
    from recli.stages.index_trial import Goal
    from recli.store.artefact import check_place

    seconds = moments.seconds("--time-limit", time_limit)
    target = check_place(out, "index")
    artefact = run.artefact(model, "model", "model")
    goal = Goal(target_recall, k, queries, seed)
    search = Search(artefact, goal, seconds, run.threads, time.perf_counter, run.say)
    name, built = search.publish(target, run.provenance)
    run.say(f"{name}, {said(name, built, k)}")
