"""The exact score and rank that a model gives an item, and what kept it from being retrieved."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from recli.kernels.matrix import Reading
from recli.stages.retrieve import Choices, load
from recli.stages.retrieve_inputs import readable
from recli.stages.why_place import Id, Pair, Place
from recli.store.artefact import Artefact
from recli.store.model import items_table, vectors_table
from recli.store.open import Table
from recli.store.seek import rows_of
from recli.tables import same_id_type

USUAL_K = 100  # of retrieve, where nothing tells what it kept


@dataclass(frozen=True)
class Standing:
    """What a model makes of a pair of user and item."""

    model: str  # path
    plugin: str
    index: str | None  # back end of an index
    knows_item: bool
    status: str | None  # how it knows the user, as `retrieve` says it; None: no list at all
    source: str | None
    score: float | None  # None: it has none for the pair
    rank: int | None  # among the items that the user has not seen, and this one
    of: int  # how many those are
    seen: bool  # whether the history holds the item
    k: int | None  # what the step that retrieved by it kept; None: no step of the funnel did
    keeps_seen: bool
    narrowed: tuple[str, ...]  # tables that kept that step from offering everything
    found: bool | None  # whether the index finds it among k; None where the search is exact
    through_index: bool  # whether that step searched an index of this model, which was not given
    offered: bool  # whether that step, or any if that is not known, offered the item


def standing(
    artefact: Artefact,
    pair: Pair,
    tables: Mapping[str, Table],
    places: list[Place],
    threads: int,
) -> Standing:
    """The pair by a verified model or index; `tables` may hold a history and users.

    All items are scored for the one user, as retrieve does; memory grows with the items.
    Raises RecliError where the tables do not fit the model.
    """
    _check(artefact, tables)
    place = _retrieved(artefact, places)
    step = None if place is None else place.step
    told = step.arguments if step else {}
    k, keeps = told.get("k", USUAL_K), bool(told.get("keep_seen"))
    choices = Choices(k, keeps, cold_users=told.get("cold_users", "popularity"), threads=threads)
    stage = load(artefact, choices)
    block = block_of(artefact, pair.user, tables)
    history = block.get("history", pl.DataFrame(schema={"item_id": stage.items.dtype}))
    seen = history["item_id"].unique()
    every = replace(choices, k=max(len(stage.items), 1), keep_seen=True)
    listed = replace(stage, choices=every, search=None)(block).rows
    offered = ~pl.col("item_id").is_in(seen.implode()) | (pl.col("item_id") == pair.item)
    left = (listed if keeps else listed.filter(offered)).with_row_index("place", 1)
    own = left.filter(pl.col("item_id") == pair.item)
    row: dict[str, Any] = own.row(0, named=True) if own.height else {}
    found = None if stage.search is None else pair.item in stage(block).rows["item_id"]
    return Standing(
        str(artefact.path),
        stage.name,
        artefact.plugin if artefact.kind == "index" else None,
        pair.item in stage.items,
        listed["status"][0] if listed.height else None,
        row.get("source"),
        row.get("score"),
        row.get("place"),
        left.height,
        pair.item in seen,
        k if step else None,
        keeps,
        tuple(role for role in ("only", "exclude") if step and step.inputs(role)),
        found,
        step is not None and artefact.sha256 not in step.inputs("model"),
        any(one.row is not None for one in ([place] if place and place.known else places)),
    )


def knows_user(artefact: Artefact, user: Id) -> bool:
    """Whether a model has a vector of a user."""
    vectors = vectors_table(artefact)
    return vectors is not None and rows_of(vectors, "user_id", user).height > 0


def knows_item(artefact: Artefact, item: Id) -> bool:
    """Whether a model learned of an item."""
    return rows_of(items_table(artefact), "item_id", item).height > 0


def _check(artefact: Artefact, tables: Mapping[str, Table]) -> None:
    history = tables.get("history")
    if history is not None:
        model = artefact.manifest.get("model", artefact.manifest)
        readable(str(artefact.path), "history", history, Reading(**model["reading"]))


def block_of(artefact: Artefact, user: Id, tables: Mapping[str, Table]) -> dict[str, pl.DataFrame]:
    """What retrieve would be given of the user, and of nobody else."""
    people = pl.DataFrame({"user_id": [user]})
    if "users" in tables:
        told = rows_of(tables["users"], "user_id", user)
        people = people.join(told, on="user_id", how="left", maintain_order="left")
    block = {"users": people}
    if "history" in tables:
        block["history"] = rows_of(tables["history"], "user_id", user)
    vectors = vectors_table(artefact)
    if vectors is not None:
        same_id_type(people.schema, vectors.schema, "user_id", str(artefact.path))
        block["vectors"] = rows_of(vectors, "user_id", user)
    return block


def _retrieved(artefact: Artefact, places: list[Place]) -> Place | None:
    """The step that retrieved by a model, or by an index of it."""
    for place in (one for one in places if one.step.command == "retrieve"):
        step = place.step
        ancestors = step.record.get("ancestors", {}) if step.record else {}
        for used in step.inputs("model"):
            built = ancestors.get(used, {}).get("inputs", [])
            if artefact.sha256 in (used, *(source["sha256"] for source in built)):
                return place
    return None
