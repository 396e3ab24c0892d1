"""Estimate from a log what another policy would have earned, before it is shown to anybody.

LOG has a row for each item that was shown: item_id, its reward, the `propensity` that it had to
stand there (rerank explore writes it), and where there are any its position and user_id. The value
is the mean reward of a row that is shown, beside that of the log. --policy is one of

lists: user_id, item_id and rank, as every command writes them; with a column `chance`, a row for
each item that may stand at a place. Of lists that rerank explore drew, it is those that were drawn.
chances: item_id, position and chance, for all users.
a state of bandit-update: --as names the policy that makes whole lists by it, of the items of LOG.

Estimators, an option in parentheses, as "clipped-ips(cap=20)": replay, ips, clipped-ips, snips, dm,
dr, switch-dr. Those with a model (dm, dr, switch-dr) expect of an item at a place what it earned
there, drawn to what it earned elsewhere and to what others did, and in --context; what a row is
held against was learned from other users.

--position-bias takes the curve of fit-position-bias: a click is then a look, by the place alone,
times a liking, so that a row tells of its item at every place where the policy may put it.

Intervals are a bootstrap over users, or over rows where the log names no user. Rows of users and
places where the policy shows nothing are left out, and counted.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, Out, Seed
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = "recli ope shop/shown.csv --policy recs.parquet --estimator replay,dm"

LogIn = Annotated[str, typer.Argument(metavar="LOG", help="What was shown; see above."), PLACE]
PolicyIn = Annotated[
    str, typer.Option("--policy", metavar="TABLE", help="What is to be valued; see above."), PLACE
]
As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Policy that goes by a state, as ucb:confidence=2; thompson if not set.",
    ),
]
Estimators = Annotated[
    str | None,
    typer.Option("--estimator", metavar="NAME,…", help="Which to tell; all if not set."),
]
Reward = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="`reward`, `clicked` or `label` if not set."),
]
Propensity = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Chances of the log; `propensity` if not set."),
]
Position = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Where each stood; `position` or `rank` if not set."),
]
Context = Annotated[
    str | None,
    typer.Option(metavar="COLUMN,…", help="Columns of few values that models go by as well."),
]
Curve = Annotated[
    str | None,
    typer.Option("--position-bias", metavar="TABLE", help="Curve of looks; see above."),
    PLACE,
]
Least = Annotated[
    list[str] | None,
    typer.Option("--min", metavar="NAME=VALUE", help="End with status 3 below it; repeatable."),
]
Json = Annotated[bool, typer.Option("--json", help="Write one JSON object."), PLACE]


def command(
    run: Run,
    policy: PolicyIn,
    log: LogIn = "-",
    as_policy: As = None,
    estimator: Estimators = None,
    reward: Reward = None,
    propensity: Propensity = None,
    position: Position = None,
    context: Context = None,
    position_bias: Curve = None,
    least: Least = None,
    seed: Seed = 0,
    as_json: Json = False,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Check every argument, estimate, write the report, and only then judge the gates."""
    from recli.reports import OPE, POSITION_BIAS
    from recli.stages import ope, ope_report
    from recli.stages.ope_asked import Choices, estimators_of
    from recli.stages.ope_inputs import LOG, curve_of, seen_before, target_of
    from recli.stages.ope_outcome import gates_of, outcome_of
    from recli.stages.ope_policy import POLICY
    from recli.stages.ope_rows import Reading
    from recli.store.write import Output

    asked = estimators_of(estimator)
    choices = Choices(asked, reward, propensity, position, context, seed)
    gates = gates_of(least or [], choices)
    if as_json and form:
        raise RecliError("--json and --format are two formats", "drop one", code=ExitCode.USAGE)
    output = Output(out, OPE, "ndjson" if as_json else form)
    opened = run.tables(
        log=(log, LOG), policy=(policy, POLICY), curve=(position_bias, POSITION_BIAS)
    )
    shown, wanted = opened["log"], opened["policy"]
    target = target_of(wanted, as_policy, shown)
    reading = Reading(shown, target, choices.check(shown), curve_of(opened.get("curve")))
    measured = ope.estimate(
        reading,
        choices,
        lambda pairs: run.progress(pairs, shown.rows, "rows", lambda pair: pair[0].height),
    )
    seen = seen_before(wanted, shown)
    outcome = outcome_of(measured, reading, choices, seen)
    ope_report.publish(outcome, reading, choices, gates, output, run.provenance, as_json=as_json)
    for line in outcome.warnings:
        run.warn(line)
    run.counted(**{"rows in": shown.rows} | outcome.counts)
    for line in filter(None, (gate.failure(outcome) for gate in gates)):
        run.gate(line)
