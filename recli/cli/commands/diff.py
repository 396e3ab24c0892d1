"""Tell how lists differ from those before them, and stop a script when they differ too much.

Of users in both tables: how many items stayed (overlap, jaccard), came (churn) and kept their
places (rbo, identical). Of all lists: how much of the catalogue they show, how evenly and how
popular it is. Of scores: their mean on what stayed, and how far their distribution moved.

--fail-if is a condition on the column `value`, as 'overlap@10 < 0.6' or 'users-lost > 1%': where
it holds, or cannot be measured, the run ends with status 3 once the report is written.
Of users, length, coverage, gini, popularity and score the value is the change, new less old; that
of users is relative.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, History, Items, Out, Seed
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = "recli diff candidates.parquet recs.parquet --fail-if 'users-lost > 1%'"

Old = Annotated[str, typer.Argument(metavar="OLD", help="Lists of before."), PLACE]
New = Annotated[str, typer.Argument(metavar="NEW", help="Lists of now."), PLACE]
Ks = Annotated[
    list[int] | None,
    typer.Option("-k", min=1, help="First places that count, 10 if not set; may be given again."),
]
FailIf = Annotated[
    list[str] | None,
    typer.Option(metavar="CONDITION", help="End with status 3 where it holds; repeatable."),
]
Movers = Annotated[
    int, typer.Option(min=0, help="Items that rose, that fell, and users, named each.")
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def command(
    run: Run,
    old: Old,
    new: New,
    k: Ks = None,
    items: Items = None,
    history: History = None,
    fail_if: FailIf = None,
    movers: Movers = 10,
    seed: Seed = 0,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, compare, write the report, and only then judge the guards."""
    from recli.reports import DIFF
    from recli.stages import diff_report as report
    from recli.stages.diff import Inputs, checked, diff, rows_of_lists
    from recli.stages.diff_asked import Choices, guards_of, places
    from recli.store.write import Output
    from recli.tables import INTERACTIONS, ITEMS, LISTS

    guards = guards_of(fail_if or [])
    choices = Choices(places(k, guards), movers, seed)
    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)
    output = Output(out, DIFF, "ndjson" if as_json else form)
    asked = {"old": (old, LISTS), "new": (new, LISTS)}
    beside = {"items": (items, ITEMS), "history": (history, INTERACTIONS)}
    inputs = Inputs(**run.tables(**asked, **beside))
    warnings = checked(inputs, guards)
    rows = inputs.old.rows + inputs.new.rows
    outcome = diff(
        inputs, choices, lambda blocks: run.progress(blocks, rows, "rows", rows_of_lists)
    )
    told = (run.provenance, warnings)
    report.publish(outcome, inputs, choices, guards, output, told, as_json=as_json)
    for line in warnings:
        run.warn(line)
    counts = {f"users in {side}": count for side, count in outcome.counts.items()}
    run.counted(**{"rows in": rows} | counts)
    for guard, one in outcome.failed(guards):
        run.gate(report.failure(guard, one))
