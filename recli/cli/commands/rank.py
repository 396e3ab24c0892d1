"""Order each user's candidates by a ranker and keep the best."""

from typing import Annotated

import typer

from recli.cli.options import (
    PLACE,
    CandidatesIn,
    Features,
    Form,
    Impressions,
    Items,
    Jobs,
    Now,
    Out,
    SimilarItems,
    Users,
)
from recli.cli.run import Run

GROUP = "Serve"
EXAMPLE = (
    "recli rank ranker.model candidates.parquet --history train.parquet --items items.parquet "
    "-k 20 -o ranked.parquet"
)

Ranker = Annotated[str, typer.Argument(metavar="RANKER", help="Ranker directory."), PLACE]
Past = Annotated[
    str | None,
    typer.Option("--history", metavar="TABLE", help="Interactions known at this moment."),
    PLACE,
]
K = Annotated[int, typer.Option("-k", min=1, help="Candidates a user that are kept.")]


def command(
    run: Run,
    ranker: Ranker,
    candidates: CandidatesIn = "-",
    history: Past = None,
    items: Items = None,
    users: Users = None,
    features: Features = None,
    similar: SimilarItems = None,
    impressions: Impressions = None,
    now: Now = None,
    k: K = 50,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of candidates to shorter lists in a new order."""
    from recli.stages import rank
    from recli.stages.feature_tables import asked
    from recli.stages.features import beside
    from recli.store.write import Output
    from recli.tables import CANDIDATES

    output = Output(out, CANDIDATES, form)
    artefact = run.artefact(ranker, "ranker", "ranker")
    tables = run.tables(
        **asked(candidates, history, items, users, features, similar, impressions),
    )
    choices = rank.Choices(k, now, max(1, run.threads // jobs))
    build = rank.build(artefact, tables, choices)
    primary = ("candidates", tables["candidates"])
    counts = run.stream(build, primary, beside(tables), output, jobs)
    if 0 < tables["candidates"].rows == counts[rank.STRANGE]:
        run.warn(f"neither the history nor the items know any of {tables['candidates'].where}")
