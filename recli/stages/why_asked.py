"""What `why` is asked: ids as the tables hold them, and whether anybody knows them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.stages import why_model
from recli.stages.retrieve_inputs import same_item_ids
from recli.stages.why_funnel import Usual
from recli.stages.why_place import Id, Pair, Place
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.seek import rows_of
from recli.tables import same_id_type

STAGE = "stage"  # of the tables: stage 1, stage 2 …


@dataclass(frozen=True)
class Asked:
    """What is asked about, and by what means."""

    user: str
    item: str
    usual: Usual  # what commands are told when nobody says so
    models: tuple[Artefact, ...] = ()
    ranker: Artefact | None = None
    now: str | None = None
    threads: int = 1


def pair_of(asked: Asked, table: Table) -> Pair:
    """The user and the item by ids of a table's types."""
    return Pair(as_id(asked.user, table, "user_id"), as_id(asked.item, table, "item_id"))


def as_id(text: str, table: Table, column: str) -> Id:
    """An id as the tables hold it; RecliError (usage) where theirs are numbers and it is none."""
    if table.schema[column] == pl.String:
        return text
    if re.fullmatch(r"[+-]?\d{1,19}", text) and abs(int(text)) < 1 << 63:
        return int(text)
    raise RecliError(
        f"'{text}' is no number, as the {column} of {table.where} is",
        "give one of its ids",
        code=ExitCode.USAGE,
    )


def check_tables(asked: Asked, tables: Mapping[str, Table]) -> None:
    """Raise RecliError where ids are of several types."""
    lists = tables["candidates"]
    for model in asked.models:
        same_item_ids(model, lists)
    for table in tables.values():
        for column in ("user_id", "item_id"):
            if table.has(column):
                same_id_type(lists.schema, table.schema, column, table.where)


def check_user(asked: Asked, user: Id, tables: Mapping[str, Table], found: list[Place]) -> None:
    """Raise RecliError where no table and no model holds the user."""
    if any(place.length for place in found):
        return
    people = [tables[role] for role in ("history", "users") if role in tables]
    if any(rows_of(table, "user_id", user).height for table in people):
        return
    if not any(why_model.knows_user(model, user) for model in asked.models):
        names = [place.step.name for place in found if place.step.table is not None]
        names += [table.where for table in people]
        raise RecliError(
            f"user '{user}' is in none of {', '.join(names)}", "check the id and the tables"
        )


def check_item(asked: Asked, item: Id, tables: Mapping[str, Table]) -> None:
    """Raise RecliError where models and the items table, such as there are, do not know it."""
    if any(why_model.knows_item(model, item) for model in asked.models):
        return
    names = [tables["items"].where] if "items" in tables else []
    names += [str(model.path) for model in asked.models]
    if names:
        raise RecliError(
            f"item '{item}' is in no list of the user, and unknown to {', '.join(names)}",
            "check the id",
        )
