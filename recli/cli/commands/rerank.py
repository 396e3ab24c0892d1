"""Re-rank lists by one rule, proved on every row that is emitted and priced."""

from typing import Annotated, Any

import typer

from recli.cli.options import (
    PLACE,
    CandidatesIn,
    Form,
    Items,
    Jobs,
    Labels,
    OnlyIf,
    Out,
    Pairs,
    Past,
    Users,
    VectorsOf,
)
from recli.cli.run import Run

GROUP = "Serve"
NAME = "rerank {}"
PLUGINS = "rerankers"
EXAMPLE = (
    "recli rerank cap candidates.parquet --items items.parquet --by categories -o recs.parquet"
)

K = Annotated[int | None, typer.Option("-k", min=1, help="Items a user at the end; else all.")]
CurveOf = Annotated[
    str | None,
    typer.Option(
        "--curve",
        metavar="NAME=FROM:TO:STEP",
        help="Write what lists are worth for each value of an option, in place of the lists.",
    ),
    PLACE,  # lists do not tell of it; a trade-off does
]
Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="Draw that --curve as SVG."),
    PLACE,
]


def command(
    run: Run,
    plugin: tuple[str, Any],
    candidates: CandidatesIn = "-",
    items: Items = None,
    users: Users = None,
    history: Past = None,
    pairs: Pairs = None,
    labels: Labels = None,
    model: VectorsOf = None,
    only_if: OnlyIf = None,
    k: K = None,
    curve: CurveOf = None,
    plot: Plot = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of lists to lists that keep the rule."""
    from recli.cli.rules import Inputs, rerank, try_values
    from recli.reports import TRADE_OFF
    from recli.stages.rerank_rule import Ruled
    from recli.store.write import Output
    from recli.tables import CANDIDATES

    output = Output(out, CANDIDATES if curve is None else TRADE_OFF, form)
    beside = {"items": items, "users": users, "history": history, "pairs": pairs, "labels": labels}
    asked, inputs = Ruled(plugin[1], only_if, k), Inputs(candidates, beside, model, jobs)
    if curve is None:
        rerank(run, [asked], inputs, output, plot)
    else:
        try_values(run, asked, curve, inputs, output, plot)
