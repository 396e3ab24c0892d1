"""Make a realistic shop: interactions, items and users, from a seed."""

from typing import Annotated, Literal

import typer

from recli.cli.options import OutDir, Seed
from recli.cli.run import Run

GROUP = "Tools"
EXAMPLE = "recli generate --users 3000 --items 1000 -o shop"

Users = Annotated[int, typer.Option(min=1, help="Number of users.")]
Items = Annotated[int, typer.Option(min=1, help="Number of items.")]
Interactions = Annotated[
    int | None, typer.Option(min=1, help="Events in all, about; 50 a user if left out.")
]
Days = Annotated[int, typer.Option(min=1, help="Length of the log in days.")]
ColdUsers = Annotated[
    float, typer.Option(min=0, max=0.9, help="Share of users who come in the last days.")
]
ColdItems = Annotated[
    float, typer.Option(min=0, max=0.9, help="Share of items that come in the last days.")
]
Visits = Annotated[
    int,
    typer.Option(
        min=0,
        help="Visits of each user, as a table `shown` of what stood where, and was clicked; a "
        "place is looked at with a chance of 1 / position.",
    ),
]
Form = Annotated[
    Literal["parquet", "csv", "ndjson"],
    typer.Option("-f", "--format", help="Tables ready for use, or raw files to ingest."),
]


def command(
    run: Run,
    out: OutDir,
    users: Users = 3000,
    items: Items = 1000,
    interactions: Interactions = None,
    days: Days = 180,
    cold_users: ColdUsers = 0.03,
    cold_items: ColdItems = 0.02,
    visits: Visits = 0,
    seed: Seed = 0,
    form: Form = "parquet",
) -> None:
    """Write the three tables of a shop into a directory."""
    from recli.kernels.shop import Shop
    from recli.stages.generate import generate
    from recli.store.artefact import check_place

    target = check_place(out, "shop")
    shop = Shop(users, items, interactions, days, cold_users, cold_items, seed)

    def bar(steps):  # type: ignore[no-untyped-def]
        return run.progress(steps, users, "users", lambda block: block["user_id"].n_unique())

    run.counted(**generate(shop, target, form, run.provenance, run.threads, visits, bar))
