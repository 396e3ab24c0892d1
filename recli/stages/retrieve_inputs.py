"""What retrieve is asked for, held against what the model knows."""

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Reading
from recli.kernels.shapes import ItemScores
from recli.stages.retrieve_items import NewItems
from recli.stages.retrieve_seeds import everybody
from recli.store.artefact import Artefact
from recli.store.model import items_table, vectors_table
from recli.store.open import Table
from recli.tables import same_id_type


def in_step(
    artefact: Artefact, tables: dict[str, Table]
) -> tuple[tuple[str, Table], dict[str, Table]]:
    """The table whose users are asked for, and those to read in step with it.

    Without `users` everybody is asked for who has a history or answered.
    """
    asked = [role for role in ("users", "history", "seeds") if role in tables]
    if not asked:
        raise RecliError(
            "nobody to retrieve for",
            "give --history, or --users with the ones to serve",
            code=ExitCode.USAGE,
        )
    model = artefact.manifest.get("model", artefact.manifest)
    for role in ("history", "seeds", "exclude"):
        if role in tables:
            same_item_ids(artefact, tables[role])
    for role in ("history", "seeds"):
        if role in tables:
            readable(str(artefact.path), role, tables[role], Reading(**model["reading"]))
    primary, beside = asked[0], dict(tables)
    label = model["segments"]["column"] if model["segments"] else None
    if asked == ["history", "seeds"]:
        same_id_type(
            tables["history"].schema, tables["seeds"].schema, "user_id", tables["seeds"].where
        )
        primary, table = "users", everybody(tables["history"], tables["seeds"], label)
    else:
        table = beside.pop(primary)
    vectors = vectors_table(artefact)
    if vectors is not None:
        beside["vectors"] = vectors
    # A model with nothing but segments would serve all of them alike without the label.
    if label is not None and model["learned"]["type"] == ItemScores.__name__:
        table.need(label)
    return (primary, table), beside


def check_cold_users(artefact: Artefact, choice: str) -> None:
    """Raise RecliError (usage) where a model has no mean vectors, and they are asked for."""
    segments = artefact.manifest.get("model", artefact.manifest)["segments"]
    if choice == "factors" and (segments is None or segments["vectors"] is None):
        raise RecliError(
            f"{artefact.path} holds no vectors of segments, which --cold-users factors asks for",
            "train a model with vectors, such as als, with --users TABLE --segment COLUMN",
            code=ExitCode.USAGE,
        )


def readable(model: str, role: str, history: Table, reading: Reading) -> None:
    """Raise RecliError where a history lacks what the model of this name reads of it."""
    wanted = ["rating"] if reading.column == "rating" else []
    # An answer was given now; what it is worth in stars nobody can say for the user.
    wanted += ["timestamp"] if reading.half_life_days is not None and role == "history" else []
    missing = [name for name in wanted if not history.has(name)]
    if missing:
        raise RecliError(
            f"{history.where} has no column '{missing[0]}', and {model} reads it",
            f"ingest it with --map {missing[0]}=COLUMN"
            if role == "history"
            else "add what each user gave each item, or train a model that reads none",
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


def offered(artefact: Artefact, table: Table, new: NewItems | None = None) -> pl.Series:
    """The items that alone may be offered; RecliError where none of them is known or new."""
    same_item_ids(artefact, table)
    items = table.read(["item_id"])["item_id"]
    known = items_table(artefact).read(["item_id"])["item_id"] if new is None else new.ids
    if not items.is_in(known.implode()).any():
        raise RecliError(
            f"{artefact.path} knows no item of {table.where}", "check that the ids are the same"
        )
    return items
