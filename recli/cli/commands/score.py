"""Give pairs of users and items the scores of a model or an index.

A score is the one that a list by retrieve has; of a model of ratings it is the rating expected,
cut to those that were seen. Such a model scores every pair: of a user or item that it does not
know (status fallback) by the mean of all ratings and the bias of the other. Other models leave
out, and count, pairs of which they know too little. A pair that is given twice is scored once.
"""

from typing import Annotated

import typer

from recli.cli.options import PLACE, Form, History, Jobs, Out
from recli.cli.run import Run

GROUP = "Serve"
EXAMPLE = "recli score als.model test.parquet --history train.parquet -o scored.parquet"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Model or index directory."), PLACE]
PairsIn = Annotated[
    str,
    typer.Argument(metavar="PAIRS", help="Table of user_id, item_id; its columns travel along."),
    PLACE,
]


def command(
    run: Run,
    model: Model,
    pairs: PairsIn = "-",
    history: History = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of pairs to candidates in the order of their scores."""
    from recli.stages import score
    from recli.store.write import Output
    from recli.tables import CANDIDATES, INTERACTIONS, PAIRS

    output = Output(out, CANDIDATES, form)
    artefact = run.artefact(model, "model", "model", "index")
    tables = run.tables(pairs=(pairs, PAIRS), history=(history, INTERACTIONS))
    beside = score.in_step(artefact, tables)
    build = score.build(artefact, max(1, run.threads // jobs))
    counts = run.stream(build, ("pairs", tables["pairs"]), beside, output, jobs)
    if 0 < tables["pairs"].rows == counts[score.UNKNOWN_ITEMS]:
        run.warn(f"{model} knows none of these items: are the ids the same?")
