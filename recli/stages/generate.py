"""Write a generated shop as a directory of tables."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import polars as pl

from recli.kernels.shop import Shop
from recli.store.artefact import publish
from recli.store.provenance import Provenance
from recli.store.write import Format, Output
from recli.tables import INTERACTIONS, ITEMS, RANKABLE, USERS

Frames = Iterable[pl.DataFrame]


def generate(
    shop: Shop,
    target: Path,
    form: Format,
    provenance: Provenance,
    threads: int,
    visits: int = 0,
    watched: Callable[[Frames], Frames] = iter,
) -> dict[str, int]:
    """Publish interactions, items, users and what was shown on visits; returns numbers of rows.

    `watched` passes the blocks of interactions on, as a progress bar does.
    """
    events = watched(shop.interactions_by_block(threads=threads))
    tables: dict[str, tuple[object, Frames]] = {
        "items": (ITEMS, [shop.items_table()]),
        "users": (USERS, [shop.users_table()]),
        "interactions": (INTERACTIONS, in_order(events)),
    }
    if visits:
        tables["shown"] = (RANKABLE, shop.shown_by_block(visits, threads))
    rows = {}
    with publish(target, "shop", ("shop", shop), provenance, {}) as (folder, _):
        for name, (contract, frames) in tables.items():
            output = Output(str(folder / f"{name}.{form}"), contract, form)  # type: ignore[arg-type]
            rows[name] = output.write(frames, provenance, {})
    return rows


def in_order(events: Frames) -> Iterator[pl.DataFrame]:
    """Blocks with the rows of a user in the order of the contract."""
    for block in events:
        yield block.sort("user_id", "timestamp", "item_id", maintain_order=True)
