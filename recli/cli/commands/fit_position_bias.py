"""Fit how likely each position is to be looked at, from a log of what was shown and clicked.

LOG has a row for each item that was shown: user_id, item_id, its position, and whether it was
clicked. People look at the top first, and what they like is put there: clicks by position alone
mix up the two. Each method makes one assumption to part them:

harvest: a user likes an item the same wherever it stands. Learns from items that one user was
shown at several positions; what stands where may hang on anything.
em: an item is liked the same by all to whom it was shown. Learns from items that stood at
several positions; lists made for each user break it.
randomized: positions were given by lot. Then clicks by position are enough.

The table: position, propensity (the chance of a look beside that at the first position), low and
high (95%, users drawn again), and how often it was shown and clicked. Propensities are as found,
and may rise where there are few clicks; --monotone says that they cannot. `train-… --weights
ips:TABLE` takes it.
"""

from typing import Annotated, Literal

import typer

from recli.cli.options import PLACE, Form, Out, Seed
from recli.cli.run import Run

GROUP = "Prepare"
EXAMPLE = "recli fit-position-bias shop/shown.csv -o curve.parquet"

LogIn = Annotated[str, typer.Argument(metavar="LOG", help="What was shown; see above."), PLACE]
Method = Annotated[
    Literal["harvest", "em", "randomized"], typer.Option(help="What is assumed; see above.")
]
Position = Annotated[
    str | None,
    typer.Option(metavar="COLUMN", help="Where each stood; `position` or `rank` if not set."),
]
Clicked = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN", help="Yes, or more than 0, if clicked; `clicked` or `label` if not set."
    ),
]
Event = Annotated[
    str | None,
    typer.Option(
        metavar="EVENT", help="Clicked is what has this in `event`; each row was shown once."
    ),
]
Deepest = Annotated[int, typer.Option(help="Last position of the curve; rows below are left out.")]
Monotone = Annotated[
    bool,
    typer.Option("--monotone", help="Let the curve never rise: pool positions where it would."),
]


def command(
    run: Run,
    log: LogIn = "-",
    method: Method = "harvest",
    position: Position = None,
    clicked: Clicked = None,
    event: Event = None,
    deepest: Deepest = 50,
    monotone: Monotone = False,
    seed: Seed = 0,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Count clicks block by block, fit, write the curve."""
    from recli.reports import POSITION_BIAS
    from recli.stages import position_bias
    from recli.store.blocks import blocks
    from recli.store.write import Output
    from recli.tables import PAIRS

    output = Output(out, POSITION_BIAS, form)
    table = run.table(log, PAIRS, "log")
    choices = position_bias.Choices(method, position, clicked, event, deepest, monotone, seed)
    columns = choices.check(table)
    steps = run.progress(
        blocks(("log", table), {}), table.rows, "rows", lambda block: block["log"].height
    )
    curve, counts = position_bias.fit(steps, columns, choices)
    lost = counts[position_bias.LOST]
    if lost:
        run.warn(
            f"{lost:,} {position_bias.LOST}: nothing stood there and elsewhere, and was clicked"
        )
    written = output.write([curve], run.provenance, counts)
    run.counted(**{"rows in": table.rows} | counts | {"rows out": written})
