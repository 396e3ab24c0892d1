"""Make the features of candidates that a ranker sees, as a table to look at or to keep.

For a candidate at a moment only events before it count: its `as_of`, where the candidates have
that column, else --now, or the last event of the history. Any later command takes the table by
--features, joined on user, item or both; with `as_of`, each row holds from its moment on.
"""

from typing import Annotated

import typer

from recli.cli.options import (
    PLACE,
    CandidatesIn,
    Cross,
    Features,
    FeaturesOnly,
    Form,
    Impressions,
    Items,
    Jobs,
    Now,
    Out,
    SessionGap,
    SimilarItems,
    Users,
    Without,
)
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Prepare"
EXAMPLE = (
    "recli features candidates.parquet --history train.parquet --items items.parquet "
    "-o features.parquet"
)

Past = Annotated[
    str | None,
    typer.Option("--history", metavar="TABLE", help="Interactions; those before a row count."),
    PLACE,
]
Ranker = Annotated[
    str | None,
    typer.Option(metavar="RANKER", help="Make the features that this ranker learned from."),
    PLACE,
]


def command(
    run: Run,
    candidates: CandidatesIn = "-",
    history: Past = None,
    items: Items = None,
    users: Users = None,
    features: Features = None,
    similar: SimilarItems = None,
    impressions: Impressions = None,
    ranker: Ranker = None,
    now: Now = None,
    without: Without = None,
    features_only: FeaturesOnly = False,
    cross: Cross = None,
    session_gap: SessionGap = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of candidates to their features."""
    from recli.stages import make_features
    from recli.stages.feature_tables import asked
    from recli.stages.features import beside, chosen, refuse_no_history
    from recli.store.write import Output
    from recli.tables import FEATURES

    output = Output(out, FEATURES, form)
    if ranker is not None and (without or features_only or cross or session_gap):
        raise RecliError(
            "--ranker says which features are made",
            "leave out --without, --features-only, --cross and --session-gap",
            code=ExitCode.USAGE,
        )
    refuse_no_history(history, features_only or ranker is not None)
    asked_for = chosen(without, cross, session_gap, features_only=features_only)
    artefact = None if ranker is None else run.artefact(ranker, "ranker", "ranker")
    tables = run.tables(
        **asked(candidates, history, items, users, features, similar, impressions),
    )
    build = make_features.build(tables, asked_for, artefact, now, max(1, run.threads // jobs))
    primary = ("candidates", tables["candidates"])
    run.stream(build, primary, beside(tables), output, jobs)
