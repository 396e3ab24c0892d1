"""Measure lists against what people then did, beside popularity and item-knn."""

from typing import Annotated, Literal

import typer

from recli.cli import measuring
from recli.cli.measuring import (
    Graded,
    Json,
    Least,
    LikeTool,
    MaxDrop,
    MinRelevance,
    Most,
    NoBaseline,
    Strict,
)
from recli.cli.options import PLACE, Form, History, Items, Out, Seed, Users
from recli.cli.run import Run
from recli.registry import names

GROUP = "Evaluate"
EXAMPLE = "recli evaluate recs.parquet test.parquet --history train.parquet ndcg@10 recall@10"

Words = Annotated[
    list[str],
    typer.Argument(
        metavar="RECS… TRUTH METRIC…",
        help="Tables of lists, then what happened, and metrics as NAME@K or "
        f"'NAME@K(CHOICE)': {', '.join(names('metrics'))}. `recli metrics` says what each one is.",
    ),
    PLACE,
]
By = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Column of users, lists, items or truth: metrics for each of its values too; as "
        "price:4 for each quarter, TABLE.COLUMN where several have it, history for its length; "
        "repeatable.",
    ),
]
Cold = Annotated[
    bool,
    typer.Option("--cold", help="Metrics by users' history and items' age, in the cells of both."),
]
ColdHistory = Annotated[
    str | None,
    typer.Option(
        metavar="COUNT,…", help="Upper ends of --cold's bands of history; 0,5,20,100 if not set."
    ),
]
ColdAge = Annotated[
    str | None,
    typer.Option(
        metavar="DAYS,…", help="Upper ends of --cold's bands of age; 7,30,180 if not set."
    ),
]
ItemDate = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Date of --items that ages of --cold count from; else an item's first interaction.",
    ),
]
Funnel = Annotated[
    bool,
    typer.Option(
        "--funnel",
        help="RECS… are the stages of a funnel in order: what each loses of what users chose.",
    ),
]
Baseline = Annotated[
    Literal["popularity", "item-knn"] | None,
    typer.Option(
        "--baseline", help="What is made of --history and stands beside; both if not set."
    ),
]


def command(
    run: Run,
    words: Words,
    history: History = None,
    items: Items = None,
    users: Users = None,
    graded: Graded = False,
    min_relevance: MinRelevance = None,
    by: By = None,
    cold: Cold = False,
    cold_history: ColdHistory = None,
    cold_age: ColdAge = None,
    item_date: ItemDate = None,
    funnel: Funnel = False,
    baseline: Baseline = None,
    no_baseline: NoBaseline = False,
    like: LikeTool = None,
    least: Least = None,
    most: Most = None,
    strict: Strict = False,
    max_drop: MaxDrop = None,
    seed: Seed = 0,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, measure, write the report, and only then judge the gates."""
    from recli.cli.command import usual
    from recli.reports import FUNNEL, METRICS
    from recli.stages.evaluate_asked import named, told_apart
    from recli.stages.evaluate_cold_asked import cold_bands
    from recli.stages.evaluate_drops import drops_of, settled_drops
    from recli.stages.evaluate_gates import gates_of
    from recli.stages.evaluate_held import alone, standing
    from recli.stages.evaluate_inputs import Choices, Inputs, checked
    from recli.stages.evaluate_like import convention
    from recli.stages.evaluate_report import publish
    from recli.stages.why_funnel import named_stages
    from recli.store.write import Output
    from recli.tables import INTERACTIONS, ITEMS, LISTS, USERS

    meant = convention(like)
    tables, asked = told_apart(words, meant)
    gates, drops = gates_of(least or [], most or [], meant), drops_of(max_drop or [], meant)
    paths, happened = named(tables)
    stands = standing(baseline, history, drops, none=no_baseline)
    added = alone(baseline, drops) if funnel else stands
    measuring.one_format(as_json, form)
    bands = cold_bands(cold_history, cold_age, item_date, cold=cold)
    output = Output(out, FUNNEL if funnel else METRICS, "ndjson" if as_json else form)
    lists = {name: run.table(path, LISTS, "lists") for name, path in paths.items()}
    truth = run.table(happened, INTERACTIONS, "truth")
    beside = run.tables(history=(history, INTERACTIONS), items=(items, ITEMS), users=(users, USERS))
    inputs = Inputs(lists, truth, **beside)
    choices = Choices(
        graded,
        min_relevance,
        by=tuple(by or ()),
        cold=bands,
        funnel=named_stages(lists, usual) if funnel else (),
        added=added,
        seed=seed,
        threads=run.threads,
        like=meant,
    )
    wanted = [*asked, *(drop.asked for drop in drops)]
    asked, gates = checked(inputs, wanted, gates, choices)
    drops = settled_drops(drops, inputs)
    outcome = measuring.measured(run, inputs, asked, choices)
    publish(outcome, choices, [*gates, *drops], output, run.provenance, as_json=as_json)
    measuring.judged(run, outcome, gates, drops, output.form, strict=strict)
