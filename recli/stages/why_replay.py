"""Lists that went through a pipe, made again for one user: what each rule did to an item."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl

from recli import registry
from recli.stages import rerank
from recli.stages.why_funnel import Step
from recli.stages.why_place import Id, Pair, Place
from recli.store.artefact import Artefact
from recli.store.open import Table
from recli.store.seek import rows_of

_FAMILY, _RULES = "rerank ", "rerankers"


def replayed(
    found: list[Place],
    pair: Pair,
    tables: Mapping[str, Table],
    models: tuple[Artefact, ...],
) -> list[Place]:
    """The same places; those of rules whose lists nobody gave, from the lists before them.

    A rule is applied again where all that it read is among `tables` and `models`, told by their
    hashes: the list is then the one that went through the pipe.
    """
    told: dict[str, Place] = {}
    for place in found:
        step = place.step
        before = told.get(step.sources[0]) if len(step.sources) == 1 else None
        again = None if before is None else _applied(step, before, pair.user, tables, models)
        told[step.sha256] = place if again is None else _placed(place, before, again, pair.item)
    return list(told.values())


def _placed(place: Place, before: Place | None, again: pl.DataFrame, item: Id) -> Place:
    """A place that knows the rank before the cut to k, and the list where nobody gave it."""
    ranks = again.filter(pl.col("item_id") == item)["rank"]
    place = replace(place, uncut=ranks[0] if len(ranks) else None)
    if place.known or before is None:
        return place
    kept = again if place.step.k is None else again.head(place.step.k)
    return replace(place.among(kept, item), base=before.base)


def _applied(
    step: Step, before: Place, user: Id, tables: Mapping[str, Table], models: tuple[Artefact, ...]
) -> pl.DataFrame | None:
    """The user's list after a rule, not yet cut to k; None where it cannot be applied."""
    if not step.command.startswith(_FAMILY) or before.rows is None or before.base is None:
        return None
    used = {role: _of(role, step, tables) for role in ("items", "users")}
    by = next((one for one in models if one.sha256 in step.inputs("model")), None)
    asked = {role for role in ("items", "users", "model") if step.inputs(role)}
    if asked != {role for role, one in {**used, "model": by}.items() if one is not None}:
        return None
    rule = _rule(step.command.removeprefix(_FAMILY), step.arguments)
    if rule is None:
        return None
    stage = rerank.build(rule, before.base, items=used["items"], users=used["users"], model=by)()
    block = {"candidates": before.rows}
    if used["users"] is not None:
        block["users"] = rows_of(used["users"], "user_id", user)
    return stage(block).rows


def _of(role: str, step: Step, tables: Mapping[str, Table]) -> Table | None:
    """The table of a role, if it is the one that the step read."""
    table = tables.get(role)
    return table if table is not None and table.sha256 in step.inputs(role) else None


def _rule(name: str, arguments: Mapping[str, Any]) -> Any | None:
    """The rule that the arguments of a record asked for; None where it was another recli's."""
    if name not in registry.names(_RULES):
        return None
    plugin = registry.load(_RULES, name)
    fields = [field.name for field in registry.fields(plugin)]
    if any(field.strip("_") not in arguments for field in fields):
        return None
    return plugin(**{name: arguments[name.strip("_")] for name in fields})
