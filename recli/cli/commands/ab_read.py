"""Read an A/B test: is the split right, what differs and by how much, was any harm done.

LOG has user_id and each user's variant (column `variant`, or `bucket` as `rerank bucket` names
it), in one row a user or in many. A user belongs to the test once; one in two variants is left
out, and said. A --metric is a mean over users of the sum of a column over each user's rows:

revenue                the sum of a column, 0 for a user without any
event=purchase         how many rows have this word there; `rows`: how many there are
'event=purchase(any)'  1 for a user with any, else 0: the share who did
clicked/shown          a ratio of two sums; `clicked/rows`: the mean of a row
'latency/rows(less)'   less is better

The first --metric is the primary one. Columns are looked for in --outcomes, then in LOG. With a
timestamp in both, what a user did before the first row in LOG does not count.

First comes the test of the split: were the users of the variants as many as --shares asked? If
not (p < 0.001), nothing is called better. Then for each metric the difference with its interval
for one look at the planned end, and the always-valid one, which holds however often one looks;
--sequential lets that one decide. --before and --covariate make intervals narrower by what was
known of users before the test (CUPED). Several comparisons share --alpha (Holm).
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Alpha, Form, Out, Shares, Users
from recli.cli.options import BeforeTest as Before
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
NAME = "ab read"
EXAMPLE = "recli ab read bucketed.parquet --outcomes test.parquet --metric event=purchase"

LogIn = Annotated[str, typer.Argument(metavar="LOG", help="Users and variants; see above."), PLACE]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="METRIC", help="What is compared; see above; repeatable."),
]
Outcomes = Annotated[
    str | None, typer.Option("--outcomes", metavar="TABLE", help="What users then did."), PLACE
]
Variant = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Who is in which variant; see above.")
]
Control = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What others are held against; `control`, else the first of --shares, or by name.",
    ),
]
Covariate = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="Number of a user, in LOG or --users, known before the test; repeatable.",
    ),
]
By = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Column of --users: differences for each value too."),
]
Drop = Annotated[
    list[str] | None,
    typer.Option(
        "--max-drop",
        metavar="METRIC=SIZE",
        help="End with status 3 unless the interval shows that no variant lowers it by more than "
        "2% of the control, or 0.1; repeatable.",
    ),
]
Rise = Annotated[
    list[str] | None,
    typer.Option("--max-rise", metavar="METRIC=SIZE", help="The same where less is better."),
]
Sequential = Annotated[
    bool,
    typer.Option("--sequential", help="Go by the always-valid interval: the test still runs."),
]
Expect = Annotated[
    int,
    typer.Option(
        min=100, help="Users of the whole test: there the always-valid interval is tightest."
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="End with status 3 where users are not split as asked.")
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def command(
    run: Run,
    log: LogIn = "-",
    metric: Metrics = None,
    outcomes: Outcomes = None,
    variant: Variant = None,
    control: Control = None,
    shares: Shares = None,
    before: Before = None,
    covariate: Covariate = None,
    users: Users = None,
    by: By = None,
    max_drop: Drop = None,
    max_rise: Rise = None,
    alpha: Alpha = 0.05,
    sequential: Sequential = False,
    expect: Expect = 10_000,
    strict: Strict = False,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, read all tables in step by user, write, and only then judge."""
    from recli.reports import EXPERIMENT
    from recli.stages.ab_beside import Level
    from recli.stages.ab_gates import gates_of
    from recli.stages.ab_inputs import Words, shares_of
    from recli.stages.ab_read import Choices, read
    from recli.stages.ab_report import publish
    from recli.stages.ab_sentences import failure, uneven_gate
    from recli.store.merged import SEVERAL, merged
    from recli.store.write import Output
    from recli.tables import EXPOSURES, USERS

    gates = gates_of(max_drop or [], max_rise or [])
    level = Level(alpha, sequential, expect)
    choices = Choices(level, control, None if shares is None else shares_of(shares), gates)
    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)
    output = Output(out, EXPERIMENT, "ndjson" if as_json else form)
    beside = {"outcomes": (outcomes, EXPOSURES), "before": (before, EXPOSURES)}
    tables = {"log": run.table(log, EXPOSURES, "log")}
    tables |= run.tables(**beside, users=(users, USERS))
    words = Words(metric or [], variant, covariate or [], by, gates)
    question = words.question(tables)
    rows = tables["log"].rows
    blocks = merged(question.read(), SEVERAL)
    steps = run.progress(blocks, rows, "rows", lambda block: block["log"].height)
    outcome = read(steps, question, choices)
    publish(outcome, choices, output, run.provenance, as_json=as_json)
    for line in outcome.warnings:
        run.warn(line)
    run.counted(**{"rows in": rows} | outcome.counts)
    for one in outcome.failed:
        run.gate(failure(one))
    if not outcome.even and (strict or gates):
        run.gate(uneven_gate(outcome))
