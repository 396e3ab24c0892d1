"""Measure lists against what people then did, beside popularity on the same split."""

from typing import Annotated

import typer

from recli.cli.leaks import tell
from recli.cli.options import PLACE, Form, History, Items, Out, Seed, Users
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError
from recli.registry import names
from recli.stages.evaluate_like import Like

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
Graded = Annotated[
    bool, typer.Option("--graded", help="A relevant item is worth its rating, not 1.")
]
MinRelevance = Annotated[
    float | None, typer.Option(help="Least rating of truth that is relevant; all rows without it.")
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
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Leave out the popularity of --history.")
]
LikeTool = Annotated[
    Like | None,
    typer.Option(
        "--like", help="Follow the conventions of a tool: definitions, ties, which users count."
    ),
]
Least = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="METRIC=VALUE", help="End with status 3 below it; repeatable."),
]
Most = Annotated[
    list[str] | None,
    typer.Option("--max", metavar="METRIC=VALUE", help="End with status 3 above it; repeatable."),
]
Strict = Annotated[bool, typer.Option("--strict", help="End with status 3 where a leak is found.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


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
    no_baseline: NoBaseline = False,
    like: LikeTool = None,
    least: Least = None,
    most: Most = None,
    strict: Strict = False,
    seed: Seed = 0,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, measure, write the report, and only then judge the gates."""
    from recli.cli.command import usual
    from recli.stages import evaluate_report as report
    from recli.stages.evaluate import evaluate, rows_of_lists
    from recli.stages.evaluate_asked import named, told_apart
    from recli.stages.evaluate_cold_asked import cold_bands
    from recli.stages.evaluate_gates import gates_of
    from recli.stages.evaluate_inputs import Choices, Inputs, checked
    from recli.stages.evaluate_like import convention
    from recli.stages.why_funnel import named_stages
    from recli.store.write import Output
    from recli.tables import FUNNEL, INTERACTIONS, ITEMS, LISTS, METRICS, USERS

    meant = convention(like)
    tables, asked = told_apart(words, meant)
    gates = gates_of(least or [], most or [], meant)
    paths, happened = named(tables)
    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)
    bands = cold_bands(cold_history, cold_age, item_date, cold=cold)
    output = Output(out, FUNNEL if funnel else METRICS, "ndjson" if as_json else form)
    lists = {name: run.table(path, LISTS, "lists") for name, path in paths.items()}
    truth = run.table(happened, INTERACTIONS, "truth")
    beside = run.tables(history=(history, INTERACTIONS), items=(items, ITEMS), users=(users, USERS))
    inputs = Inputs(lists, truth, **beside)
    stages = named_stages(lists, usual) if funnel else ()
    baseline = not (no_baseline or funnel)
    parts = tuple(by or ()), bands, stages
    choices = Choices(graded, min_relevance, *parts, baseline, seed, like=meant)
    asked, gates = checked(inputs, asked, gates, choices)
    run.provenance.arguments["metrics"] = [one.written for one in asked]
    rows = sum(table.rows for table in lists.values())
    outcome = evaluate(
        inputs, asked, choices, lambda blocks: run.progress(blocks, rows, "rows", rows_of_lists)
    )
    report.publish(outcome, choices, gates, output, run.provenance, as_json=as_json)
    for line in outcome.warnings:
        run.warn(line)
    run.counted(**{"rows in": rows} | outcome.counts)
    tell(run, outcome.leaks, strict=strict)
    for gate, one in outcome.failed(gates):
        run.gate(report.failure(gate, one))
