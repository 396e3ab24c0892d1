"""What retrieve is asked for, held against what the model knows."""

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.shapes import ItemScores
from recli.store.artefact import Artefact
from recli.store.model import items_table, vectors_table
from recli.store.open import Table
from recli.tables import same_id_type


def in_step(
    artefact: Artefact, tables: dict[str, Table]
) -> tuple[tuple[str, Table], dict[str, Table]]:
    """The table whose users are asked for, and those to read in step with it."""
    primary = next((role for role in ("users", "history") if role in tables), None)
    if primary is None:
        raise RecliError(
            "nobody to retrieve for",
            "give --history, or --users with the ones to serve",
            code=ExitCode.USAGE,
        )
    for role in ("history", "exclude"):
        if role in tables:
            same_item_ids(artefact, tables[role])
    model = artefact.manifest.get("model", artefact.manifest)
    if "history" in tables:
        _readable(artefact, tables["history"], **model["reading"])
    beside = {role: table for role, table in tables.items() if role != primary}
    vectors = vectors_table(artefact)
    if vectors is not None:
        beside["vectors"] = vectors
    # A model with nothing but segments would serve all of them alike without the label.
    if model["segments"] and model["learned"]["type"] == ItemScores.__name__:
        tables[primary].need(model["segments"]["column"])
    return (primary, tables[primary]), beside


def _readable(
    artefact: Artefact, history: Table, column: str, half_life_days: float | None
) -> None:
    """Raise RecliError where a history lacks what the model reads of it."""
    wanted = ["rating"] if column == "rating" else []
    wanted += ["timestamp"] if half_life_days is not None else []
    missing = [name for name in wanted if not history.has(name)]
    if missing:
        raise RecliError(
            f"{history.where} has no column '{missing[0]}', and {artefact.path} reads it",
            f"ingest it with --map {missing[0]}=COLUMN",
        )


def same_item_ids(artefact: Artefact, table: Table) -> None:
    """Raise RecliError when a table holds item ids of another type than the model."""
    same_id_type(items_table(artefact).schema, table.schema, "item_id", table.where)


def warned(artefact: Artefact, k: int) -> list[str]:
    """What an index does not promise for lists of this length."""
    search = artefact.manifest.get("search", {})
    if not search.get("effort") or k <= search["k"]:
        return []
    return [
        f"{artefact.path} reached recall {search['recall']:.3f} at -k {search['k']:,}: "
        f"lists of {k:,} may miss more; build it with -k {k}"
    ]


def offered(artefact: Artefact, table: Table) -> pl.Series:
    """The items that alone may be offered; RecliError where the model knows none of them."""
    same_item_ids(artefact, table)
    items = table.read(["item_id"])["item_id"]
    known = items_table(artefact).read(["item_id"])["item_id"]
    if not items.is_in(known.implode()).any():
        raise RecliError(
            f"{artefact.path} knows no item of {table.where}", "check that the ids are the same"
        )
    return items
