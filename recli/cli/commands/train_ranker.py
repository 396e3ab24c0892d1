"""Learn to order candidates from what their users chose afterwards."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from recli.cli.run import Run

if TYPE_CHECKING:
    from collections import Counter

    from recli.kernels.ranking import RankingData, RowScorer
    from recli.stages.features import Making, Tables
    from recli.stages.gather import Choices

GROUP = "Train"
NAME = "train-{}"
PLUGINS = "rankers"
EXAMPLE = (
    "recli train-{0} past.candidates.parquet --labels labels.parquet --history past.parquet "
    "--items items.parquet --label view:1 --label purchase:5 --weights recency:30d "
    "-o ranker.model"
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
Label = Annotated[
    list[str] | None,
    typer.Option(
        metavar="EVENT:GAIN",
        help="Event of the labels that counts, and for how much: `purchase:5`; may be given "
        "again. Others are no labels.",
    ),
]
ObjectiveWeights = Annotated[
    str | None,
    typer.Option(
        metavar="WEIGHT,…",
        help="Fit a model to each --label, and add their scores by these weights.",
    ),
]
LabelDelay = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="How long labels take to come after a candidate's `as_of`: later ones do not count, "
        "nor lists that are younger.",
    ),
]
Weights = Annotated[
    list[str] | None,
    typer.Option(
        "--weights",
        metavar="KIND",
        help="What rows weigh; may be given again, they multiply. recency:30d halves every 30 "
        "days. column:NAME is a column of labels or candidates. ips:CURVE.parquet makes up for "
        "the `position` (or `rank`) at which what was chosen stood, by fit-position-bias, at "
        "most tenfold (ips:CURVE.parquet:clip=10). sampling undoes how sample-negatives drew.",
    ),
]
PositiveWeight = Annotated[
    str,
    typer.Option(
        metavar="WEIGHT",
        help="Weight of a candidate that was chosen, beside 1 of one that was not; `balanced`: "
        "both kinds weigh the same in all.",
    ),
]
Group = Annotated[
    Literal["moment", "session", "user"],
    typer.Option(
        help="What is compared: candidates of a user at one `as_of`, in one session, or ever."
    ),
]
Negatives = Annotated[
    int | None,
    typer.Option(min=1, help="Most candidates of a list that were not chosen, drawn by lot."),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--time-limit",
        metavar="TIME",
        help="Stop learning before 90s, 30m or 2h are over, and keep the best so far; with "
        "status 124 while features are still made.",
    ),
    PLACE,
]
Calibrate = Annotated[
    Literal["platt", "isotonic"] | None,
    typer.Option(
        help="Make scores chances of being chosen, by lists kept aside in which all candidates "
        "weigh the same; see inspect."
    ),
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
    label: Label = None,
    objective_weights: ObjectiveWeights = None,
    label_delay: LabelDelay = None,
    weights: Weights = None,
    positive_weight: PositiveWeight = "1",
    group: Group = "moment",
    session_gap: SessionGap = None,
    negatives: Negatives = 100,
    without: Without = None,
    features_only: FeaturesOnly = False,
    cross: Cross = None,
    calibrate: Calibrate = None,
    time_limit: Budget = None,
) -> None:
    """Check for leaks, make features, fit, publish the ranker."""
    from recli.reports import POSITION_BIAS
    from recli.stages import gather, train_ranker
    from recli.stages.feature_tables import asked
    from recli.stages.features import chosen, refuse_no_history
    from recli.stages.groups import grouping_of
    from recli.stages.labels import labels_of
    from recli.stages.weights import weighing_of
    from recli.store.artefact import check_place
    from recli.tables import INTERACTIONS

    out_of_time = run.limit(time_limit)
    target = check_place(out, "ranker")
    refuse_no_history(history, features_only)
    grouping = grouping_of(group, session_gap)
    asked_for = chosen(
        without, cross, session_gap, features_only=features_only, grouped=group == "session"
    )
    told = labels_of(label or [], objective_weights, grade, label_delay)
    weighing = weighing_of(weights or [], positive_weight)
    run.provenance.arguments["weights"] = list(weighing.told)  # of the curve its hash is kept
    rest = (negatives, plugin[1].seed, run.threads, run.detail, out_of_time)
    choices = gather.Choices(told, weighing, grouping, *rest)
    tables = run.tables(
        labels=(labels, INTERACTIONS),
        propensities=(weighing.curve, POSITION_BIAS),
        **asked(candidates, history, items, users, features, similar, impressions),
    )
    making, choices, warnings = train_ranker.prepare(tables, asked_for, choices)
    for line in warnings:
        run.warn(line)
    data, counts = _gathered(run, tables, making, choices)
    learned = train_ranker.train(
        plugin, data, making.layout, target, run.provenance, counts, calibrate, told
    )
    _say(run, learned, out_of_time())
    rows = {"rows in": tables["candidates"].rows}
    run.counted(**rows | counts | {"rows learned from": len(data.relevance)})


def _gathered(
    run: Run, tables: "Tables", making: "Making", choices: "Choices"
) -> "tuple[RankingData, Counter[str]]":
    """What is learned from, block by block; says how much of the labels it holds."""
    from recli.stages import gather
    from recli.stages.features import beside
    from recli.store.blocks import blocks

    primary = tables["candidates"]
    steps = run.progress(
        blocks(("candidates", primary), beside(tables)),
        primary.rows,
        "rows",
        lambda block: block["candidates"].height,
    )
    data, counts = gather.gather(making, steps, choices)
    if "labels" in tables:
        found = counts["labels among the candidates"] / max(counts["labels"], 1)
        run.say(f"the candidates hold {found:.1%} of what their users chose")
    return data, counts


def _say(run: Run, learned: "RowScorer", late: bool) -> None:
    """What came of the training, and what did not."""
    run.say(", ".join(f"{value:g} {name}" for name, value in learned.facts.items()))
    if learned.cut_short:
        run.warn("cut short by --time-limit: the ranker is the best that was found till then")
    if "permutation" not in learned.importances:
        why = "no time was left" if late else "it may have learned from every list"
        run.say(f"no permutation importances: {why}")
