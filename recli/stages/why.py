"""Why an item is in a user's list, or is not: all that tables, models and a ranker tell."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from recli.errors import RecliError
from recli.stages import why_model, why_ranker
from recli.stages.why_again import Means
from recli.stages.why_asked import STAGE, Asked, check_item, check_tables, check_user, pair_of
from recli.stages.why_funnel import Step, funnel, strangers
from recli.stages.why_place import Pair, Place, places
from recli.stages.why_ranker import Reasons
from recli.stages.why_replay import replayed
from recli.stages.why_verdict import said, verdict
from recli.store.open import Table
from recli.store.seek import rows_of

Facts = dict[str, Any]
_OWN = ("score", "source", "status")  # of an item in a list


@dataclass
class Found:
    """What was found, and what to warn of."""

    facts: Facts
    warnings: list[str] = field(default_factory=list)


def why(asked: Asked, tables: Mapping[str, Table]) -> Found:
    """The facts of a user and an item, in the order in which they are told.

    `tables` are the lists as `candidates`, earlier ones as `stage 1` and so on, and those that
    rank takes. Only the rows of the one user are held, but for what the ranker needs of all.
    Raises RecliError where nobody knows the user or the item, or the tables do not fit.
    """
    lists = tables["candidates"]
    stages = [table for role, table in tables.items() if role.startswith(STAGE)]
    check_tables(asked, tables)
    pair = pair_of(asked, lists)
    steps = funnel(lists, stages, asked.usual)
    artefacts = asked.models if asked.ranker is None else (*asked.models, asked.ranker)
    means = Means(pair.user, tuple(tables.values()), artefacts, asked.threads)
    found = replayed(places(steps, pair), pair.item, means)
    check_user(asked, pair.user, tables, found)
    past, own = _past(tables, pair), _item(tables, pair)
    seen = past is not None and past.height > 0
    if not seen and own.is_empty() and all(place.row is None for place in found):
        check_item(asked, pair.item, tables)
    models = [why_model.standing(one, pair, tables, found, asked.threads) for one in asked.models]
    reasons, impossible, step = _ranked(asked, pair, tables, found)
    facts = {
        "user": pair.user,
        "item": pair.item,
        "title": _title(own),
        "shown": found[-1].row is not None,
        "verdict": verdict(found, models, reasons, seen),
        "funnel": [_told(place) for place in found],
        "history": None if past is None else _met(past),
        "models": [asdict(one) | {"verdict": said(one)} for one in models],
        "ranking": None if reasons is None else asdict(reasons),
        "unranked": impossible,
    }
    return Found(facts, _warnings(step, tables, steps, bool(models)))


def _past(tables: Mapping[str, Table], pair: Pair) -> pl.DataFrame | None:
    """The user's interactions with the item, where there is a history."""
    if "history" not in tables:
        return None
    return rows_of(tables["history"], "user_id", pair.user).filter(pl.col("item_id") == pair.item)


def _item(tables: Mapping[str, Table], pair: Pair) -> pl.DataFrame:
    """What the table of items holds of the item, if there is one."""
    if "items" not in tables:
        return pl.DataFrame()
    return rows_of(tables["items"], "item_id", pair.item)


def _title(rows: pl.DataFrame) -> str | None:
    return str(rows["title"][0]) if rows.height and "title" in rows.columns else None


def _ranked(
    asked: Asked, pair: Pair, tables: Mapping[str, Table], found: list[Place]
) -> tuple[Reasons | None, str | None, Step | None]:
    """What the ranker makes of the item, or why it cannot be asked, and the step it ordered in."""
    if asked.ranker is None:
        return None, None, None
    about = why_ranker.ordered(asked.ranker, found)
    if about is None:
        given = [place.step.name for place in found[:-1] if place.step.table is not None]
        among = ", ".join(given) or "no --stage is given"
        return None, f"no list before the ranker holds the item ({among})", None
    now = about.step.arguments.get("now") if about.step and asked.now is None else asked.now
    own = {role: table for role, table in tables.items() if not role.startswith(STAGE)}
    try:
        told = why_ranker.reasons(asked.ranker, about, pair, own, now, asked.threads)
    except RecliError as error:
        if about.step is None or about.place.step.sha256 in about.step.sources:
            raise
        return None, str(error), about.step
    return told, None, about.step


def _warnings(
    ranked: Step | None, tables: Mapping[str, Table], steps: list[Step], models: bool
) -> list[str]:
    """Of tables of another funnel, and of those that a step did not read in the same role."""
    told = [f"{one.name} is no step on the way to {steps[-1].name}" for one in strangers(steps)]
    if models and "history" not in tables:
        told.append("without --history models offer what was seen, and know no newer events")
    reader = ranked or next((one for one in steps if one.command == "retrieve"), None)
    # The users of retrieve say no more than who was asked for.
    idle = ("candidates",) if ranked else ("candidates", "users")
    return told + [
        f"{table.where} is not the {role} that `{reader.words}` read: it may tell otherwise"
        for role, table in tables.items()
        if reader and role not in idle and not role.startswith(STAGE)
        if reader.inputs(role) and table.sha256 not in reader.inputs(role)
    ]


def _told(place: Place) -> Facts:
    step, row = place.step, place.row or {}
    return {
        "step": step.words,
        "command": step.command or None,
        "arguments": step.arguments,
        "table": step.name if step.table is not None else None,
        "made_again": place.known and step.table is None,
        "of": place.length if place.known else None,
        "rank": place.rank,
        **{name: row.get(name) for name in _OWN},
        "sources": place.sources,
    }


def _met(past: pl.DataFrame) -> Facts:
    """How often the user met the item, and on which day the last time."""
    days = past["timestamp"].dt.date() if "timestamp" in past.columns else pl.Series([None])
    return {"interactions": past.height, "last": days.cast(pl.String).max()}
