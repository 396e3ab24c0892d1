"""What lies beside the lists that are re-ranked, and what rules read of it as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from recli.errors import RecliError
from recli.kernels.catalogue import Catalogue
from recli.kernels.rules import Context, Floats, Longs, unit_vectors
from recli.kernels.shapes import Factors
from recli.store.artefact import Artefact
from recli.store.index import MODEL
from recli.store.model import load_model
from recli.store.open import Table
from recli.tables import same_id_type


@dataclass(frozen=True)
class Given:
    """What there is beside the rules: tables by role, the candidates among them."""

    tables: Mapping[str, Table]
    model: Artefact | None = None
    threads: int = 1

    @property
    def candidates(self) -> Table:
        """The lists."""
        return self.tables["candidates"]

    @property
    def catalogue(self) -> int | None:
        """How many items there are, where they are given."""
        if "items" not in self.tables:
            return None
        return int(self.tables["items"].read(["item_id"])["item_id"].n_unique())

    @property
    def roles(self) -> frozenset[str]:
        """What is given, by the names of the options."""
        return frozenset(self.tables) | (frozenset() if self.model is None else {"model"})

    def columns(self) -> dict[str, pl.DataType]:
        """Every column that a rule may ask for; those of candidates hide those of items."""
        found: dict[str, pl.DataType] = {}
        if "users" in self.tables:
            schema = self.tables["users"].schema
            found |= {f"user.{name}": kind for name, kind in schema.items() if name != "user_id"}
        if "items" in self.tables:
            found |= self.tables["items"].schema
        return found | self.candidates.schema


def filled(
    context: Context, given: Given, columns: frozenset[str], reads: frozenset[str]
) -> Context:
    """The context with what it reads of whole tables."""
    if "items" in given.tables:
        items = given.tables["items"]
        same_id_type(given.candidates.schema, items.schema, "item_id", items.where)
        frame = items.read(["item_id", *sorted(columns)])
        frame = frame.unique("item_id", keep="first", maintain_order=True)
        times = [name for name in sorted(columns) if frame.schema[name].is_temporal()]
        newest: dict[str, Any] = {name: frame[name].max() for name in times}
        context = replace(context, items=Catalogue(frame), newest=newest)
    if "popularity" in reads and "history" in given.tables:
        context = replace(context, popularity=_popularity(given.tables["history"]))
    return context


def _popularity(history: Table) -> tuple[pl.Series, Longs]:
    """Each item of a history, and how many interactions it has."""
    counts = pl.DataFrame(schema={"item_id": history.schema["item_id"], "len": pl.UInt32})
    for batch in history.batches(["item_id"]):
        more = batch.group_by("item_id").len()
        counts = pl.concat([counts, more]).group_by("item_id").agg(pl.col("len").sum())
    counts = counts.sort("item_id")
    return counts["item_id"], counts["len"].to_numpy().astype("int64")


def vectors(given: Given) -> tuple[pl.Series, Floats] | None:
    """Item ids of the model and their unit vectors; RecliError where it has none."""
    if given.model is None:
        return None
    loaded = load_model(given.model, MODEL if given.model.kind == "index" else "")
    ids = {"item_id": loaded.items.dtype}
    same_id_type(given.candidates.schema, ids, "item_id", str(given.model.path))
    if not isinstance(loaded.shape, Factors):
        raise RecliError(
            f"{given.model.path} has no item vectors",
            "name a model such as als or bpr, or give --by",
        )
    return loaded.items, unit_vectors(loaded.shape.items)
