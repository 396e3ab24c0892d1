"""Offer each user the items that a model or an index scores highest."""

from typing import Annotated, Literal

import typer

from recli.cli.options import PLACE, Form, History, Jobs, Out, Users
from recli.cli.run import Run

GROUP = "Serve"
EXAMPLE = "recli retrieve als.model --history train.parquet -k 100 -o candidates.parquet"

Model = Annotated[str, typer.Argument(metavar="MODEL", help="Model or index directory."), PLACE]
K = Annotated[int, typer.Option("-k", min=1, help="Items a user.")]
KeepSeen = Annotated[
    bool, typer.Option("--keep-seen", help="Offer items of the history too, for re-ordering.")
]
Exclude = Annotated[
    str | None,
    typer.Option(metavar="TABLE", help="Pairs of user_id, item_id never to offer."),
    PLACE,
]
Only = Annotated[
    str | None, typer.Option(metavar="TABLE", help="Items that alone may be offered."), PLACE
]
ColdUsers = Annotated[
    Literal["popularity", "factors"],
    typer.Option(
        "--cold-users",
        help="What those of whom only their segment is known are offered: what is popular in it, "
        "or what suits the mean of its members' vectors.",
    ),
]


def command(
    run: Run,
    model: Model,
    users: Users = None,
    history: History = None,
    k: K = 100,
    keep_seen: KeepSeen = False,
    exclude: Exclude = None,
    only: Only = None,
    cold_users: ColdUsers = "popularity",
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of users to candidates."""
    from recli.stages import retrieve
    from recli.stages.retrieve_inputs import in_step, offered, warned
    from recli.store.write import Output
    from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, USERS

    output = Output(out, CANDIDATES, form)
    artefact = run.artefact(model, "model", "model", "index")
    for line in warned(artefact, k):
        run.warn(line)
    tables = run.tables(
        users=(users, USERS), history=(history, INTERACTIONS), exclude=(exclude, PAIRS)
    )
    primary, beside = in_step(artefact, tables)
    allowed = None
    if only is not None:
        allowed = offered(artefact, run.table(only, ITEMS, "only"))
    choices = retrieve.Choices(k, keep_seen, allowed, cold_users, max(1, run.threads // jobs))
    counts = run.stream(retrieve.build(artefact, choices), primary, beside, output, jobs)
    if 0 < counts["users"] == counts[retrieve.FALLEN]:
        run.warn(f"{model} knows none of these users nor what they chose: are the ids the same?")
    if counts[retrieve.INDEX_FAILED]:
        run.warn(f"{model} failed while it searched: the lists are right, and took longer")
