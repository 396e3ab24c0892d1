"""Offer each user the items that a model or an index scores highest.

Every row says how its user came to it. status: known (learned in training), folded (from the
history and the answers given now), cold (from the user's segment), fallback (what is popular).
source: the model, or fallback. Without --users everybody is served who is in --history or in
--seed-items. With --cold-items there is item_status: known, or cold for an item that is new to
the model and scored by way of known ones; new items are never in the fallback.

Who got fewer than -k items goes to --shortfall, as user_id, rows, reason. The reason is the first
that is true:
everything-seen: the user knows all items.
few-left: fewer than -k are left that the user has not seen.
filtered: --only and --exclude leave fewer than -k of these.
nothing-known: nothing is known of the user, and fewer than -k of these were ever chosen.
few-scored: the model has a score for fewer than -k of these.
"""

from typing import Annotated, Literal

import typer

from recli.cli.options import PLACE, Form, History, Items, Jobs, Out, Users
from recli.cli.run import Run
from recli.errors import ExitCode, RecliError

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
OnlyBy = Annotated[
    str | None,
    typer.Option(
        "--only-by",
        metavar="COLUMN",
        help="Offer each user only the items of --only that have in COLUMN what she has; one "
        "without a value, or with one that no item has, gets none.",
    ),
]
ColdUsers = Annotated[
    Literal["popularity", "factors"],
    typer.Option(
        "--cold-users",
        help="What those of whom only their segment is known are offered: what is popular in it, "
        "or what suits the mean of its members' vectors.",
    ),
]


SeedItems = Annotated[
    str | None,
    typer.Option(
        "--seed-items",
        metavar="TABLE",
        help="Answers of users who were asked what they like: user_id, item_id and weight or "
        "rating. They count as history, and are never offered.",
    ),
    PLACE,
]
ColdItems = Annotated[
    str | None,
    typer.Option(
        "--cold-items",
        metavar="COLUMN|content",
        help="Offer items of --items that the model does not know too: scored as the mean of those "
        "of the same brand, creator or what COLUMN holds, or of the 20 nearest in content.",
    ),
]
Shortfall = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Put users with fewer than -k items here, with a reason."),
    PLACE,
]


def command(
    run: Run,
    model: Model,
    users: Users = None,
    history: History = None,
    seed_items: SeedItems = None,
    k: K = 100,
    keep_seen: KeepSeen = False,
    exclude: Exclude = None,
    only: Only = None,
    only_by: OnlyBy = None,
    cold_users: ColdUsers = "popularity",
    items: Items = None,
    cold_items: ColdItems = None,
    shortfall: Shortfall = None,
    jobs: Jobs = 1,
    out: Out = "-",
    form: Form = None,
) -> None:
    """Map blocks of users to candidates."""
    from recli.stages import retrieve, retrieve_segments
    from recli.stages.retrieve_inputs import check_cold_users, in_step, offered, warned
    from recli.stages.retrieve_items import new_items
    from recli.stages.retrieve_seeds import SEEDS
    from recli.stages.retrieve_shortfall import output_for
    from recli.store.write import Output
    from recli.tables import CANDIDATES, INTERACTIONS, ITEMS, PAIRS, USERS

    if only_by is not None and only is None:
        raise RecliError(
            "--only-by without --only", "give the items as --only TABLE", code=ExitCode.USAGE
        )
    output, aside = Output(out, CANDIDATES, form), output_for(shortfall, out)
    artefact = run.artefact(model, "model", "model", "index")
    check_cold_users(artefact, cold_users)
    tables = run.tables(
        users=(users, USERS),
        history=(history, INTERACTIONS),
        seeds=(seed_items, SEEDS),
        exclude=(exclude, PAIRS),
        items=(items, ITEMS),
        only=(only, ITEMS),
    )
    new, warning = new_items(artefact, tables.pop("items", None), cold_items, run.threads)
    for line in [*warned(artefact, k), *warning]:
        run.warn(line)
    named = tables.pop("only", None)
    allowed = None if named is None else offered(artefact, named, new)
    primary, beside = in_step(artefact, tables)
    choices = retrieve.Choices(k, keep_seen, allowed, cold_users, max(1, run.threads // jobs), new)
    stage = retrieve.build(artefact, choices)
    if only_by is not None and named is not None:
        segments = retrieve_segments.segment_items(named, only_by, primary[1])
        stage = retrieve_segments.build(artefact, choices, segments)
    counts = run.stream(stage, primary, beside, output, jobs, aside)
    if 0 < counts["users"] == counts[retrieve.FALLEN]:
        run.warn(
            f"{model} has no score for any of these users nor from what they chose: all got what "
            "is popular; are the ids the same?"
        )
    if counts[retrieve.INDEX_FAILED]:
        run.warn(f"{model} failed while it searched: the lists are right, and took longer")
