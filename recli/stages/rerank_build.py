"""Hold rules against the tables that they are to read, before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import polars as pl

from recli.engines.result import Build
from recli.errors import ExitCode, RecliError
from recli.kernels import where
from recli.kernels.rules import Context
from recli.stages.rerank import Reranker
from recli.stages.rerank_chain import Chain
from recli.stages.rerank_clash import clash, refuse_explored
from recli.stages.rerank_given import Given, filled, vectors
from recli.stages.rerank_price import Pricing
from recli.stages.rerank_rule import Ruled, distinct, upstream
from recli.store.open import Table
from recli.tables import same_id_type

PLACES = 10  # first places by which lists are priced, where no k is told


@dataclass(frozen=True)
class Plan:
    """The stage, and the tables that are read in step with the candidates."""

    build: Build
    beside: dict[str, Table] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One rule with the rules that it keeps to, and the columns that all of them need."""

    ruled: Ruled
    held: tuple[Ruled, ...]
    columns: Mapping[str, pl.DataType]
    own: frozenset[str]  # columns of the lists, those of earlier rules among them
    rows: frozenset[str]  # columns that rows must have
    coded: frozenset[str]  # columns that are read as codes

    @property
    def reads(self) -> frozenset[str]:
        """What the rules read beside the columns of rows."""
        return frozenset[str]().union(*(one.rule.reads for one in (self.ruled, *self.held)))


def plan(rules: Sequence[Ruled], given: Given) -> Plan:
    """How the rules are applied; what they lack or contradict is said here."""
    for role in sorted(given.tables.keys() & {"users", "history", "pairs", "labels"}):
        table = given.tables[role]
        same_id_type(given.candidates.schema, table.schema, "user_id", table.where)
    refuse_explored(given.candidates)
    context = Context(
        given.columns(),
        given.roles,
        vectors(given),
        own=frozenset(given.candidates.schema),
        threads=given.threads,
    )
    read = readings(rules, upstream(given.candidates.record), context)
    reads = frozenset[str]().union(*(one.reads for one in read))
    people = {name for one in read for name in one.rows if name.startswith("user.")}
    _refuse_idle(given, reads, bool(people))
    by = _telling(rules, given)
    items = (
        given.tables["items"].schema.keys() - given.candidates.schema
        if "items" in given.tables
        else set()
    )
    wanted = frozenset({by} if by else ()).union(*(one.rows | one.coded for one in read))
    context = filled(context, given, (wanted & items) - {"item_id"}, reads)
    k = next((one.k for one in reversed(rules) if one.k is not None), PLACES)
    pricing = Pricing(
        k, by, "labels" in given.tables, "history" in reads & given.roles and by in items
    )
    steps = tuple(
        Reranker(
            one.ruled,
            one.held,
            _without_idle_vectors(
                replace(context, columns=one.columns, own=one.own), one.ruled, rules
            ),
            frozenset((one.rows & items) - one.own),
            tuple(sorted(name.removeprefix("user.") for name in one.rows if name in people)),
            pricing,
        )
        for one in read
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


def readings(rules: Sequence[Ruled], held: list[Ruled], context: Context) -> list[Reading]:
    """Each rule in its turn, with the columns and the rules of those before it."""
    columns, found = dict(context.columns), []
    for one in rules:
        earlier = [
            other for other in held if (other.rule, other.only_if) != (one.rule, one.only_if)
        ]
        clash(one, earlier)
        earlier = [] if one.rule.STILL else earlier
        context = replace(context, columns=dict(columns))
        rows, coded = _needed(one, _without_idle_vectors(context, one, rules))
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
        found.append(Reading(one, tuple(earlier), context.columns, context.own, rows, coded - rows))
        columns |= {name: kind() for name, kind in one.rule.adds().items()}
        context = replace(context, own=context.own | one.rule.adds().keys())
        held = distinct([*held, one]) if one.holds else held
    return found


def _without_idle_vectors(context: Context, one: Ruled, rules: Sequence[Ruled]) -> Context:
    """A model that is given to several rules is for those that read its vectors."""
    idle = len(rules) > 1 and "vectors" not in one.rule.reads
    return replace(context, vectors=None) if idle else context


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
        "model": "vectors" in reads,
    }
    idle = [role for role, read in used.items() if role in given.roles and not read]
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
