"""Plan an A/B test: how many users it needs, or what so many users can find.

What a user's metric is like is told by --baseline (a share of users, as of buyers), by --mean and
--sd, or by DATA: past rows with user_id, and --metric as `ab read` has it. A sum over a user's
rows grows with time: DATA should be as long as the test is to be.

--effect is the least difference that is worth finding: 2% of the mean, or 0.001. Instead of it,
--expect says how many users there are, and the plan what they find; with both it says the power.
Users who look before the end need the columns `any look` (at most) and `on average` (if the
effect is as planned): those are for `ab read --sequential`.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Alpha, Form, Out, Shares
from recli.cli.options import BeforeTest as Before
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
NAME = "ab plan"
FAMILY = "Plan A/B tests and read them: sample size, split, intervals, guardrails."
EXAMPLE = "recli ab plan --baseline 0.031 --effect 2%,5% --users-a-day 20000"

DataIn = Annotated[
    str | None, typer.Argument(metavar="DATA", help="What users did; see above."), PLACE
]
Metrics = Annotated[
    list[str] | None,
    typer.Option("--metric", metavar="METRIC", help="Of DATA, as of `ab read`; repeatable."),
]
Baseline = Annotated[float | None, typer.Option(help="Share of users who do it, as 0.031.")]
Mean = Annotated[float | None, typer.Option(help="Mean of users.")]
Deviation = Annotated[float | None, typer.Option("--sd", help="Standard deviation of users.")]
Effect = Annotated[
    str | None,
    typer.Option(metavar="SIZE,…", help="What is to be found, as 2% of the mean, or 0.001."),
]
Expect = Annotated[int | None, typer.Option(min=4, help="Users of the whole test; see above.")]
Power = Annotated[
    str, typer.Option(metavar="POWER,…", help="Chance that an effect is found if it is there.")
]
OneSided = Annotated[
    bool, typer.Option("--one-sided", help="Only one direction counts; `ab read` has two.")
]
Correlation = Annotated[
    float | None,
    typer.Option(
        min=-0.999, max=0.999, help="Of the metric and what is known before the test (CUPED)."
    ),
]
UsersADay = Annotated[
    float | None, typer.Option(min=0.001, help="New users a day, to say how many days it takes.")
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def command(
    run: Run,
    data: DataIn = None,
    metric: Metrics = None,
    baseline: Baseline = None,
    mean: Mean = None,
    sd: Deviation = None,
    effect: Effect = None,
    expect: Expect = None,
    power: Power = "0.8",
    alpha: Alpha = 0.05,
    one_sided: OneSided = False,
    shares: Shares = None,
    before: Before = None,
    correlation: Correlation = None,
    users_a_day: UsersADay = None,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Learn what the metric is like, go through effects and powers, write."""
    from recli.reports import EXPERIMENT_PLAN
    from recli.stages.ab_inputs import Words, shares_of
    from recli.stages.ab_plan import Choices, measured, plans
    from recli.stages.ab_plan_asked import numbers_of, powers_of, told
    from recli.stages.ab_plan_report import publish
    from recli.store.merged import SEVERAL, merged
    from recli.store.write import Output
    from recli.tables import EXPOSURES

    parts = (0.5, 0.5) if shares is None else tuple(shares_of(shares).values())
    effects = () if effect is None else numbers_of("--effect", effect)
    limits = (alpha, not one_sided, expect, users_a_day)
    choices = Choices(effects, powers_of(power), parts, *limits)
    known = told(baseline, (mean, sd), correlation, data, bool(metric or before))
    twice = {
        "--json, --format": as_json and form,
        "--before, --correlation": before and correlation,
    }
    for flags in (flags for flags, both in twice.items() if both):
        raise RecliError(f"{flags}: two words for one thing", "drop one", code=ExitCode.USAGE)
    output = Output(out, EXPERIMENT_PLAN, "ndjson" if as_json else form)
    if data is None:
        found = plans(known, choices)
    else:
        tables = {"log": run.table(data, EXPOSURES, "data")}
        tables |= run.tables(before=(before, EXPOSURES))
        question = Words(metric or []).question(tables, variants=False)
        blocks = merged(question.read(), SEVERAL)
        found = plans(measured(blocks, question, correlation), choices)
        run.counted(**{"rows in": tables["log"].rows})
    publish(found, choices, output, run.provenance, as_json=as_json)
    run.counted(plans=len(found))
