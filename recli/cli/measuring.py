"""Options and steps that `evaluate` and `compare` share: what is measured, and what must hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recli.cli.leaks import tell
from recli.cli.options import PLACE
from recli.errors import ExitCode, RecliError
from recli.stages.evaluate_like import Like

if TYPE_CHECKING:
    from recli.cli.run import Run
    from recli.stages.evaluate import Outcome
    from recli.stages.evaluate_asked import Asked
    from recli.stages.evaluate_drops import Drop
    from recli.stages.evaluate_gates import Gate
    from recli.stages.evaluate_inputs import Choices, Inputs

Graded = Annotated[
    bool, typer.Option("--graded", help="A relevant item is worth its rating, not 1.")
]
MinRelevance = Annotated[
    float | None, typer.Option(help="Least rating of truth that is relevant; all rows without it.")
]
NoBaseline = Annotated[
    bool, typer.Option("--no-baseline", help="Leave out popularity and item-knn of --history.")
]
Least = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="METRIC=VALUE", help="End with status 3 below it; repeatable."),
]
Most = Annotated[
    list[str] | None,
    typer.Option("--max", metavar="METRIC=VALUE", help="End with status 3 above it; repeatable."),
]
MaxDrop = Annotated[
    list[str] | None,
    typer.Option(
        "--max-drop",
        metavar="METRIC=DROP",
        help="End with status 3 if lists are further below a baseline, by the difference as "
        "measured: 0.01, or 2% of its value; repeatable.",
    ),
]
LikeTool = Annotated[
    Like | None,
    typer.Option(
        "--like", help="Follow the conventions of a tool: definitions, ties, which users count."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="End with status 3 where a leak is found.")]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def one_format(as_json: bool, form: str | None) -> None:
    """Raise RecliError (usage) where two are asked for."""
    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)


def measured(run: Run, inputs: Inputs, asked: list[Asked], choices: Choices) -> Outcome:
    """One pass over all tables, with a bar; what was asked is recorded."""
    from recli.stages.evaluate import evaluate, rows_of_lists

    run.provenance.arguments["metrics"] = [one.written for one in asked]
    rows = sum(table.rows for table in inputs.lists.values())
    outcome = evaluate(
        inputs,
        asked,
        choices,
        lambda blocks: run.progress(blocks, rows, "rows", rows_of_lists),
        run.say,
    )
    run.counted(**{"rows in": rows} | outcome.counts)
    return outcome


def judged(
    run: Run,
    outcome: Outcome,
    gates: list[Gate],
    drops: list[Drop],
    form: str,
    *,
    strict: bool,
) -> None:
    """Say what the report does not, and which gates were not met: the run ends with 3 then."""
    from recli.stages.evaluate_drops import fallen
    from recli.stages.evaluate_report import failure
    from recli.stages.evaluate_verdict import labels, sentences

    for line in () if form == "table" else sentences(outcome):
        run.say(f"verdict: {line}")
    for line in outcome.warnings:
        run.warn(line)
    tell(run, outcome.leaks, strict=strict)
    named = labels(outcome)
    for gate, one in outcome.failed(gates):
        run.gate(failure(gate, one, named[one.asked]))
    for _, line in fallen(outcome, drops):
        run.gate(line)
