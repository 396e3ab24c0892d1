"""Build an index that finds a model's nearest items faster than looking at all."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recli.cli.options import PLACE, OutDir, Seed
from recli.cli.run import Run

if TYPE_CHECKING:
    from recli.stages.build_index import Built

GROUP = "Serve"
NAME = "build-index {}"
PLUGINS = "indexes"
EXAMPLE = "recli build-index {0} als.model -o {0}.index"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Model with item vectors."), PLACE]
Target = Annotated[
    float,
    typer.Option(
        "--target-recall",
        min=0.0,
        max=1.0,
        help="Share of the exact k that a search must find; less work is done for less. "
        "Where no setting reaches it: status 3, and what stood at -o stays.",
    ),
]
K = Annotated[
    int,
    typer.Option(
        "-k", min=1, help="Items a user to measure recall at: those to retrieve and those seen."
    ),
]
Queries = Annotated[
    int, typer.Option("--queries", min=1, help="Users to measure with, half of them held back.")
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    model: Model,
    out: OutDir,
    target_recall: Target = 0.95,
    k: K = 100,
    queries: Queries = 1000,
    seed: Seed = 0,
) -> None:
    """Open the model, build, choose a setting, publish the index."""
    import time

    from recli.stages.build_index import build_index
    from recli.stages.index_trial import Goal
    from recli.store.artefact import check_place

    target = check_place(out, "index")
    artefact = run.artefact(model, "model", "model")
    goal = Goal(target_recall, k, queries, seed)
    place = (target, run.provenance, run.threads)
    built = build_index(plugin, artefact, goal, *place, time.perf_counter, run.detail)
    run.say(said(plugin[0], built, k))
    if built.found.queries_per_second < built.found.exact_queries_per_second:
        run.say("exact search is faster on this catalogue: build-index exact")


def said(name: str, built: "Built", k: int) -> str:
    """What is told of an index: setting, recall, speeds and size."""
    from recli import registry

    found, unit = built.found, registry.load("indexes", name).EFFORT
    setting = unit if found.effort is None else f"{found.effort:,} {unit}"
    return (
        f"{setting}: recall@{k} {found.recall:.3f}, {found.queries_per_second:,.0f} queries/s "
        f"(exact {found.exact_queries_per_second:,.0f}), {built.size / 2**20:,.1f} MiB"
    )
