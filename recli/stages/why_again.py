"""One step of a funnel, done again for one user with what its record says that it read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

import recli
from recli import registry
from recli.stages import merge, rank, retrieve
from recli.stages.features import beside
from recli.stages.rerank_build import plan
from recli.stages.rerank_given import Given
from recli.stages.rerank_rule import of_step, read
from recli.stages.why_funnel import Step
from recli.stages.why_model import block_of
from recli.stages.why_place import Id, Place
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.seek import rows_of

Lists = pl.DataFrame


@dataclass(frozen=True)
class Means:
    """What there is to do a step again with."""

    user: Id
    tables: tuple[Table, ...]
    artefacts: tuple[Artefact, ...]
    threads: int = 1


@dataclass(frozen=True)
class _Work:
    """A step, the lists before it, and what it read beside them, by role."""

    step: Step
    before: list[Place]
    tables: Mapping[str, Table]
    artefacts: Mapping[str, Artefact]
    absent: frozenset[str]  # roles of what it read and nobody gave
    user: Id
    threads: int

    @property
    def lists(self) -> list[Lists]:
        """The user's lists before it."""
        return [place.rows for place in self.before if place.rows is not None]

    def beside(self, tables: Mapping[str, Table]) -> dict[str, Lists]:
        """The user's rows of tables."""
        return {role: rows_of(table, "user_id", self.user) for role, table in tables.items()}


def again(step: Step, before: list[Place], means: Means) -> Lists | None:
    """The user's list after a step, not yet cut to k but for what a model retrieved.

    None where something that it read is not among the means, by its hash; where another
    version of recli did it; or where an index was searched, whose answer may hang on who else
    was asked for.
    """
    family = step.command.partition(" ")[0]
    ours = step.record is not None and step.record["recli"] == recli.__version__
    if family not in _WAYS or not ours or not all(place.known for place in before):
        return None
    work = _work(step, before, means)
    # Users say who is asked for, and that is known.
    if work.absent - ({"users"} if family == "retrieve" else set()):
        return None
    return _WAYS[family](work)


def _work(step: Step, before: list[Place], means: Means) -> _Work:
    tables = {one.sha256: one for one in means.tables}
    artefacts = {one.sha256: one for one in means.artefacts}
    told = [(one["role"], one["sha256"]) for one in (step.record["inputs"] if step.record else ())]
    read = [(role, sha256) for role, sha256 in told if sha256 not in step.sources]
    return _Work(
        step,
        before,
        {role: tables[sha256] for role, sha256 in read if sha256 in tables},
        {role: artefacts[sha256] for role, sha256 in read if sha256 in artefacts},
        frozenset(role for role, sha256 in read if sha256 not in {**tables, **artefacts}),
        means.user,
        means.threads,
    )


def _retrieved(work: _Work) -> Lists | None:
    told, model = work.step.arguments, work.artefacts.get("model")
    if model is None or not {*work.tables} <= {"history", "users"}:
        return None
    if "users" in work.absent and model.manifest.get("model", model.manifest)["segments"]:
        return None
    by, threads = told["cold_users"], work.threads
    stage = retrieve.load(model, retrieve.Choices(told["k"], told["keep_seen"], None, by, threads))
    return None if stage.search else stage(block_of(model, work.user, work.tables)).rows


def _merged(work: _Work) -> Lists | None:
    merger = _plugin("mergers", work.step)
    if merger is None:
        return None
    tables, names = [place.table for place in work.before], work.step.arguments["names"]
    build, called = merge.build(merger, tables, names, None, work.threads)
    block = dict(zip(called, work.lists, strict=True))
    if "history" in work.tables:
        block[merge.HISTORY] = rows_of(work.tables["history"], "user_id", work.user)
    return build()(block).rows


def _ranked(work: _Work) -> Lists | None:
    ranker = work.artefacts.get("ranker")
    if ranker is None:
        return None
    tables = {**work.tables, "candidates": work.before[0].table}
    choices = rank.Choices(work.lists[0].height, work.step.arguments["now"], work.threads)
    stage = rank.build(ranker, tables, choices)()
    return stage({**work.beside(beside(tables)), "candidates": work.lists[0]}).rows


def _reranked(work: _Work) -> Lists | None:
    if work.step.record is None:
        return None
    rules = [read(told) for told in of_step(work.step.record)]
    known = [replace(one, k=None) if one is rules[-1] else one for one in rules if one is not None]
    if not known or len(known) < len(rules):
        return None
    tables = {name: table for name, table in work.tables.items() if name != "labels"}
    given = Given(
        {**tables, "candidates": work.before[0].table}, work.artefacts.get("model"), work.threads
    )
    steps = plan(known, given)
    return steps.build()({**work.beside(steps.beside), "candidates": work.lists[0]}).rows


_WAYS: Mapping[str, Callable[[_Work], Lists | None]] = {
    "retrieve": _retrieved,
    "merge": _merged,
    "rank": _ranked,
    "rerank": _reranked,
}


def _plugin(folder: str, step: Step) -> Any | None:
    """The rule or merger that a record tells of; None where it does not tell all of it."""
    name = step.command.partition(" ")[2]
    if name not in registry.names(folder):
        return None
    plugin, told = registry.load(folder, name), step.arguments
    fields = [field.name for field in registry.fields(plugin)]
    if any(field.strip("_") not in told for field in fields):
        return None
    return plugin(**{field: told[field.strip("_")] for field in fields})
