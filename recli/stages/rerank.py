"""Apply one rule to every list of a block, prove it, and count what it cost."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import polars as pl

from recli.engines.result import Block, Build, Result
from recli.errors import RecliError
from recli.kernels.rules import Context, Reordered
from recli.kernels.shapes import Factors, Vectors
from recli.store.artefact import Artefact
from recli.store.index import MODEL
from recli.store.model import load_model
from recli.store.open import Table
from recli.tables import same_id_type


@dataclass(frozen=True)
class Reranker:
    """Maps `candidates` (and `users`) to candidates that keep the rule."""

    rule: Any
    context: Context
    items: pl.DataFrame | None  # item_id and the columns that the rule needs
    people: tuple[str, ...]  # columns of users that the rule needs, without `user.`
    k: int | None

    def __call__(self, block: Block) -> Result:
        """The lists by the rule; an AssertionError is a rule that broke its own promise."""
        rows = block["candidates"]
        seen = self._widened(rows, block.get("users"))
        done: Reordered = self.rule.apply(seen, self.context)
        kept = renumbered(seen[done.rows], done.scores)
        broken = self.rule.broken(kept, self.context)
        if broken:
            raise AssertionError(f"{self.rule} is broken {broken} times by its own result")
        if self.k is not None:
            kept = kept.filter(pl.col("rank") <= self.k)
        return Result(kept.select(rows.columns), _cost(rows, kept, self.k) | done.notes)

    def _widened(self, rows: pl.DataFrame, users: pl.DataFrame | None) -> pl.DataFrame:
        if self.items is not None:
            rows = rows.join(self.items, on="item_id", how="left", maintain_order="left")
        if users is not None and self.people:
            named = {name: f"user.{name}" for name in self.people}
            people = users.select("user_id", *self.people).rename(named)
            people = people.unique("user_id", keep="first", maintain_order=True)
            rows = rows.join(people, on="user_id", how="left", maintain_order="left")
        return rows


def build(
    rule: Any,
    candidates: Table,
    *,
    items: Table | None = None,
    users: Table | None = None,
    model: Artefact | None = None,
    k: int | None = None,
) -> Build:
    """How a worker makes the stage; what the rule lacks is said here, before any work."""
    own = set(candidates.schema)
    of_items = set(items.schema) - own if items else set()
    of_users = {f"user.{name}" for name in users.schema} if users else set()
    context = Context(
        frozenset(own | of_items | of_users),
        _vectors(model, candidates) if model else None,
    )
    needed: set[str] = rule.needs(context)
    context = replace(context, newest=_newest(items, needed & of_items))
    columns = None
    if items is not None:
        same_id_type(candidates.schema, items.schema, "item_id", items.where)
        columns = items.read(["item_id", *(needed & of_items)]).unique(
            "item_id", keep="first", maintain_order=True
        )
    people = tuple(sorted(name.removeprefix("user.") for name in needed & of_users))
    return partial(Reranker, rule, context, columns, people, k)


def _newest(items: Table | None, columns: set[str]) -> dict[str, Any]:
    """The latest moment in each column of times, by its name."""
    if items is None:
        return {}
    times = [name for name in sorted(columns) if items.schema[name].is_temporal()]
    return {name: items.read([name])[name].max() for name in times}


def _vectors(model: Artefact, candidates: Table) -> tuple[pl.Series, Vectors]:
    loaded = load_model(model, MODEL if model.kind == "index" else "")
    same_id_type(candidates.schema, {"item_id": loaded.items.dtype}, "item_id", str(model.path))
    if not isinstance(loaded.shape, Factors):
        raise RecliError(
            f"{model.path} has no item vectors", "name a model such as als or bpr, or give --by"
        )
    return loaded.items, loaded.shape.items


def renumbered(rows: pl.DataFrame, scores: Vectors | None) -> pl.DataFrame:
    """Rows in their new order with ranks from 1 and, where they changed, new scores."""
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("user_id").alias("rank")
    changed = [] if scores is None else [pl.Series("score", scores, dtype=pl.Float32)]
    return rows.with_columns(rank, *changed)


def _cost(before: pl.DataFrame, after: pl.DataFrame, k: int | None) -> dict[str, int]:
    """Lists touched, items moved and dropped, lists shorter than they were asked to be."""
    keys = ["user_id", "item_id"]
    places = before.select(*keys, was="rank")
    both = after.select(*keys, "rank").join(places, on=keys, how="left", maintain_order="left")
    moved = both.filter(pl.col("rank") != pl.col("was"))
    lengths = before.select("user_id").group_by("user_id").len("was")
    left = after.select("user_id").group_by("user_id").len("is")
    lists = lengths.join(left, on="user_id", how="left").with_columns(pl.col("is").fill_null(0))
    wanted = pl.col("was") if k is None else pl.min_horizontal("was", pl.lit(k))
    short = lists.filter(pl.col("is") < wanted)
    touched = pl.concat([moved["user_id"], short["user_id"]]).n_unique()
    return {
        "lists": lists.height,
        "lists touched": touched,
        "items moved": moved.height,
        "lists made shorter" if k is None else "lists with fewer than k": short.height,
    }
