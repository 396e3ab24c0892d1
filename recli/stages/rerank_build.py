"""Hold rules against the tables that they are to read, before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import polars as pl

from recli.engines.result import Build
from recli.errors import ExitCode, RecliError
from recli.kernels import where
from recli.kernels.catalogue import Catalogue
from recli.kernels.rules import Context, Floats, Longs, unit_vectors
from recli.kernels.shapes import Factors
from recli.stages.rerank import Reranker
from recli.stages.rerank_chain import Chain
from recli.stages.rerank_clash import clash, refuse_explored
from recli.stages.rerank_price import Pricing
from recli.stages.rerank_rule import Ruled, distinct, upstream
from recli.store.artefact import Artefact
from recli.store.index import MODEL
from recli.store.model import load_model
from recli.store.open import Table
from recli.tables import same_id_type

PLACES = 10  # first places by which lists are priced, where no k is told


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
        return self.tables["items"].rows if "items" in self.tables else None

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


@dataclass(frozen=True)
class Plan:
    """The stage, and the tables that are read in step with the candidates."""

    build: Build
    beside: dict[str, Table] = field(default_factory=dict)


@dataclass(frozen=True)
class _Reading:
    """One rule with the rules that it keeps to, and the columns that all of them need."""

    ruled: Ruled
    held: tuple[Ruled, ...]
    columns: Mapping[str, pl.DataType]
    rows: frozenset[str]  # columns that rows must have
    coded: frozenset[str]  # columns that are read as codes


def plan(rules: Sequence[Ruled], given: Given) -> Plan:
    """How the rules are applied; what they lack or contradict is said here."""
    for role in sorted(given.tables.keys() & {"users", "history", "pairs", "labels"}):
        table = given.tables[role]
        same_id_type(given.candidates.schema, table.schema, "user_id", table.where)
    refuse_explored(given.candidates)
    context = Context(given.columns(), given.roles, _vectors(given), threads=given.threads)
    readings = _readings(rules, upstream(given.candidates.record), context)
    reads = frozenset[str]().union(*(one.rule.reads for one in rules))
    people = {name for one in readings for name in one.rows if name.startswith("user.")}
    _refuse_idle(given, reads, bool(people))
    by = _telling(rules, given)
    items = given.tables["items"].schema.keys() - given.candidates.schema if _has(given) else set()
    wanted = frozenset({by} if by else ()).union(*(one.rows | one.coded for one in readings))
    context = _filled(context, given, (wanted & items) - {"item_id"}, reads)
    k = next((one.k for one in reversed(rules) if one.k is not None), PLACES)
    pricing = Pricing(
        k, by, "labels" in given.tables, "history" in reads & given.roles and by in items
    )
    steps = tuple(
        Reranker(
            one.ruled,
            one.held,
            replace(context, columns=one.columns),
            frozenset(one.rows & items),
            tuple(sorted(name.removeprefix("user.") for name in one.rows if name in people)),
            pricing,
        )
        for one in readings
    )
    beside = {"users": bool(people), "history": "history" in reads, "pairs": True, "labels": True}
    return Plan(
        partial(Chain, steps),
        {
            role: given.tables[role]
            for role, read in beside.items()
            if read and role in given.tables
        },
    )


def _has(given: Given) -> bool:
    return "items" in given.tables


def _readings(rules: Sequence[Ruled], held: list[Ruled], context: Context) -> list[_Reading]:
    """Each rule in its turn, with the columns and the rules of those before it."""
    columns, found = dict(context.columns), []
    for one in rules:
        earlier = [
            other for other in held if (other.rule, other.only_if) != (one.rule, one.only_if)
        ]
        clash(one, earlier)
        context = replace(context, columns=dict(columns))
        rows, coded = _needed(one, context)
        for other in earlier:
            try:
                more, codes = _needed(other, context)
            except RecliError as error:
                raise RecliError(
                    f"`rerank {other.told}` of an earlier step holds for these lists, and "
                    f"{one.name} must keep to it: {error.what}",
                    error.remedy,
                    code=error.code,
                ) from None
            rows, coded = rows | more, coded | codes
        found.append(_Reading(one, tuple(earlier), context.columns, rows, coded - rows))
        columns |= {name: kind() for name, kind in one.rule.adds().items()}
        held = distinct([*held, one]) if one.holds else held
    return found


def _needed(one: Ruled, context: Context) -> tuple[frozenset[str], frozenset[str]]:
    """The columns that rows must have for a rule, and those that it reads as codes."""
    rows = frozenset(one.rule.needs(context))
    coded = frozenset(str(getattr(one.rule, name)) for name in one.rule.CODED) & rows
    coded = frozenset(name for name in coded if not name.startswith("user."))
    if one.only_if is not None:
        asked = where.columns(where.parse(one.only_if, "--if"))
        context.need(*asked)
        return (rows - coded) | asked, coded
    return rows - coded, coded


def _refuse_idle(given: Given, reads: frozenset[str], people: bool) -> None:
    """Raise RecliError that names the options which nothing reads."""
    used = {
        "users": people,
        "history": bool(reads & {"history", "popularity"}),
        "pairs": "pairs" in reads,
    }
    idle = [role for role, read in used.items() if role in given.tables and not read]
    if idle:
        flags = " and ".join(f"--{role}" for role in idle)
        raise RecliError(f"{flags}: no rule asks for it", "leave it out", code=ExitCode.USAGE)


def _telling(rules: Sequence[Ruled], given: Given) -> str | None:
    """The column by which lists are told to be diverse: a rule's own, else the first of lists."""
    columns = given.columns()
    own = [str(getattr(one.rule, "by", "")) for one in rules]
    told = [name for name in own if name in columns and not name.startswith("user.")]
    lists = [name for name, kind in columns.items() if isinstance(kind, pl.List)]
    return next(iter([*told, *lists]), None)


def _filled(
    context: Context, given: Given, columns: frozenset[str], reads: frozenset[str]
) -> Context:
    """The context with what it reads of whole tables."""
    if _has(given):
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


def _vectors(given: Given) -> tuple[pl.Series, Floats] | None:
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
