"""Tell why an item is in a user's list, or is not: its way through the funnel, on one page.

RECS are the lists; each earlier table of the funnel, given as --stage, tells at which rank the
item stood there. The records of the tables put them in order and name the steps between, so that
a step which lost the item is named with its arguments. Lists that went through a pipe are made
again for the one user, where all that their steps read is given.
A --model with the --history that it served tells the exact score and rank of the item among all.
A --ranker, with the tables that rank took, tells each feature and what it adds to the score.
"""

from typing import Annotated

import typer

from recli.cli.options import (
    PLACE,
    Features,
    History,
    Impressions,
    Items,
    Now,
    SimilarItems,
    Users,
)
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

GROUP = "Evaluate"
EXAMPLE = (
    "recli why recs.parquet U0000002 I000051 --stage candidates.parquet --model als.model "
    "--ranker ranker.model --history train.parquet --items items.parquet"
)

RecsIn = Annotated[str, typer.Argument(metavar="RECS", help="Lists; - is standard input."), PLACE]
User = Annotated[str, typer.Argument(metavar="USER", help="Id of the user.")]
Item = Annotated[str, typer.Argument(metavar="ITEM", help="Id of the item.")]
Stage = Annotated[
    list[str] | None,
    typer.Option(metavar="TABLE", help="An earlier table of the funnel; may be given again."),
    PLACE,
]
Model = Annotated[
    list[str] | None,
    typer.Option(metavar="MODEL", help="Model or index that retrieved; may be given again."),
    PLACE,
]
Ranker = Annotated[
    str | None, typer.Option(metavar="RANKER", help="Ranker that ordered the lists."), PLACE
]
Top = Annotated[int, typer.Option(min=1, help="Features that are shown one by one.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object."), PLACE]


def command(
    run: Run,
    recs: RecsIn,
    user: User,
    item: Item,
    stage: Stage = None,
    model: Model = None,
    ranker: Ranker = None,
    history: History = None,
    items: Items = None,
    users: Users = None,
    features: Features = None,
    similar: SimilarItems = None,
    impressions: Impressions = None,
    now: Now = None,
    top: Top = 10,
    as_json: Json = False,
) -> None:
    """Open everything, find the one user in it, print the page."""
    import json

    from recli.cli.command import usual
    from recli.cli.why_page import page
    from recli.stages.feature_tables import asked
    from recli.stages.why import why
    from recli.stages.why_asked import STAGE, Asked
    from recli.tables import CANDIDATES

    idle = {
        "--features": features,
        "--similar": similar,
        "--impressions": impressions,
        "--now": now,
    }
    if ranker is None and any(idle.values()):
        named = " and ".join(flag for flag, value in idle.items() if value)
        raise RecliError(f"{named} without --ranker", "add --ranker RANKER", code=ExitCode.USAGE)
    lists = {f"{STAGE} {at}": (name, CANDIDATES) for at, name in enumerate(stage or [], 1)}
    lists |= {"candidates": (recs, CANDIDATES)}
    tables = run.tables(
        **asked(recs, history, items, users, features, similar, impressions) | lists
    )
    models = tuple(run.artefact(name, "model", "model", "index") for name in model or [])
    by = None if ranker is None else run.artefact(ranker, "ranker", "ranker")
    found = why(Asked(user, item, usual, models, by, now, run.threads), tables)
    for line in found.warnings:
        run.warn(line)
    if as_json:
        print(json.dumps(found.facts, default=str, ensure_ascii=True))
    else:
        print(page(found.facts, top))
