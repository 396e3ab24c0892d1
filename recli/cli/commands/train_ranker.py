"""Learn to order candidates from what their users chose afterwards."""

from typing import Annotated, Any, Literal

import typer

from recli.cli.options import (
    PLACE,
    CandidatesIn,
    Cross,
    Features,
    FeaturesOnly,
    Impressions,
    Items,
    OutDir,
    SessionGap,
    SimilarItems,
    Users,
    Without,
)
from recli.cli.run import Run, seconds_of

GROUP = "Train"
NAME = "train-{}"
PLUGINS = "rankers"
EXAMPLE = (
    "recli train-{0} past.candidates.parquet --labels labels.parquet --history past.parquet "
    "--items items.parquet -o ranker.model"
)

Labels = Annotated[
    str | None,
    typer.Option(
        metavar="TABLE",
        help="Interactions that came after the history; not for what sample-negatives made.",
    ),
    PLACE,
]
Past = Annotated[
    str | None,
    typer.Option("--history", metavar="TABLE", help="Interactions before the labels."),
    PLACE,
]
Grade = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of the labels with gains; else each is 1."),
]
Negatives = Annotated[
    int | None,
    typer.Option(min=1, help="Most candidates a user that were not chosen, drawn by lot."),
]


Calibrate = Annotated[
    Literal["platt", "isotonic"] | None,
    typer.Option(help="Make scores chances of being chosen, by users kept aside; see inspect."),
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    out: OutDir,
    candidates: CandidatesIn = "-",
    labels: Labels = None,
    history: Past = None,
    items: Items = None,
    users: Users = None,
    features: Features = None,
    similar: SimilarItems = None,
    impressions: Impressions = None,
    grade: Grade = None,
    negatives: Negatives = 100,
    without: Without = None,
    features_only: FeaturesOnly = False,
    cross: Cross = None,
    session_gap: SessionGap = None,
    calibrate: Calibrate = None,
) -> None:
    """Check for leaks, make features, fit, publish the ranker."""
    from recli.stages import gather, train_ranker
    from recli.stages.feature_tables import asked
    from recli.stages.features import beside, chosen, refuse_no_history
    from recli.store.artefact import check_place
    from recli.store.blocks import blocks
    from recli.tables import INTERACTIONS

    target = check_place(out, "ranker")
    refuse_no_history(history, features_only)
    gap = None if session_gap is None else seconds_of(session_gap, "--session-gap")
    asked_for = chosen(without, cross, gap, features_only=features_only)
    tables = run.tables(
        labels=(labels, INTERACTIONS),
        **asked(candidates, history, items, users, features, similar, impressions),
    )
    making, warnings = train_ranker.prepare(tables, asked_for, grade)
    for line in warnings:
        run.warn(line)
    primary = tables["candidates"]
    steps = run.progress(
        blocks(("candidates", primary), beside(tables)),
        primary.rows,
        "rows",
        lambda block: block["candidates"].height,
    )
    seed = getattr(plugin[1], "seed", 0)
    choices = gather.Choices(grade, negatives, seed, run.threads, run.detail)
    data, counts = gather.gather(making, steps, choices)
    if labels is not None:
        found = counts["labels among the candidates"] / max(counts["labels"], 1)
        run.say(f"the candidates hold {found:.1%} of what their users chose")
    facts = train_ranker.train(
        plugin, data, making.layout, target, run.provenance, counts, calibrate
    )
    run.say(", ".join(f"{value:g} {name}" for name, value in facts.items()))
    run.counted(**{"rows in": primary.rows} | counts | {"rows learned from": len(data.relevance)})
