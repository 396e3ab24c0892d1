"""Tables to features: which can be made, and what is known of the items."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

import polars as pl

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels.features import Columns, Layout, Named
from recli.kernels.features_columns import Column, describe, family
from recli.kernels.features_crosses import crossed
from recli.kernels.features_table import (
    Catalogue,
)
from recli.kernels.moments import micros, span
from recli.stages.feature_catalogue import catalogue
from recli.stages.feature_tables import IMPRESSIONS, SIMILAR, Store, neighbours, stores
from recli.store import open as tables
from recli.tables import AS_OF, same_id_type

# Of candidates: what makes features of its own, what says nothing, what only training may know.
APART = ("user_id", "item_id", "score", "rank", "status", AS_OF, "label", "drawn", "log_q")
SESSIONS = "user-sessions"
GIVEN = ("candidate-columns", "item-columns", "user-columns")  # families that tables hold ready
Tables = dict[str, tables.Table]


@dataclass(frozen=True)
class Chosen:
    """Which features are asked for."""

    families: Named
    crosses: tuple[str, ...] = ()  # `a,b`, see features_crosses
    of_sessions: bool = False  # whether an option is for these alone


@dataclass(frozen=True)
class Making:
    """All that a block's candidates need to become features."""

    layout: Layout
    catalogue: Catalogue
    stores: tuple[Store, ...] = ()
    held: Mapping[str, pl.DataFrame] = field(default_factory=dict)  # features of items, by role


def refuse_no_history(history: str | None, features_only: bool) -> None:
    """Raise RecliError (usage) where most features were asked for and cannot be made."""
    if history is None and not features_only:
        raise RecliError(
            "most features are made of what users did before",
            "add --history TABLE, or --features-only for the columns as given",
            code=ExitCode.USAGE,
        )


def beside(given: Tables) -> Tables:
    """The tables that are read in step with the candidates."""
    held = [store.role for store in stores(given) if not store.in_step]
    return {
        role: table
        for role, table in given.items()
        if role not in ("candidates", "items", IMPRESSIONS, "propensities", *held)
        and not role.startswith(SIMILAR)
    }


def families(without: str | None = None, only: tuple[str, ...] = ()) -> Named:
    """The families of the folder, or `only` some, less those named; RecliError (usage) for none.

    >>> [name for name, _ in families("item-age", only=("item-age", "seen"))]
    ['seen']
    """
    known = registry.names("features")
    dropped = [name.strip() for name in without.split(",")] if without else []
    strange = [name for name in dropped if name not in known]
    if strange:
        raise RecliError(
            f"there is no family of features {' or '.join(strange)}",
            f"known: {', '.join(known)}",
            code=ExitCode.USAGE,
        )
    kept = [name for name in only or known if name not in dropped]
    return tuple((name, registry.load("features", name)()) for name in kept)


def chosen(
    without: str | None,
    cross: list[str] | None,
    session_gap: str | None = None,
    *,
    features_only: bool = False,
    grouped: bool = False,
) -> Chosen:
    """The features that options ask for; RecliError (usage) where that cannot be.

    The gap of sessions need not be of any feature where lists are `grouped` by it.
    """
    named = families(without, only=GIVEN if features_only else ())
    if session_gap is not None:
        seconds = span("--session-gap", session_gap) / 1_000_000
        told = registry.load("features", SESSIONS)(session_gap=seconds)
        named = tuple((name, told if name == SESSIONS else one) for name, one in named)
    return Chosen(named, tuple(cross or ()), session_gap is not None and not grouped)


def check(given: Tables) -> None:
    """Raise RecliError where ids do not fit each other or the history is empty."""
    first = given["candidates"]
    for table in given.values():
        for name in ("user_id", "item_id"):
            if table.has(name):
                same_id_type(first.schema, table.schema, name, table.where)
    history = given.get("history")
    if history is not None and not history.rows:
        raise RecliError(
            f"{history.where} holds no interactions", "check the steps before this one"
        )
    if history is not None and first.has(AS_OF):
        history.need("timestamp")
    if IMPRESSIONS in given and history is not None and history.has("timestamp"):
        given[IMPRESSIONS].need("timestamp")


def layout_of(given: Tables, asked: Chosen, apart: tuple[str, ...] = ()) -> Layout:
    """The features asked for that can be made of some tables.

    Raises RecliError where there is none, or none that an option was for.
    Columns of the candidates that are set `apart` are no features.
    """
    families = asked.families
    layout = Layout(families, _needed(families, _columns(given, apart)))
    if not layout.names:
        raise RecliError(
            f"{', '.join(name for name, _ in families)} make no feature of these tables",
            "give --items or --users, or ask for other families",
            code=ExitCode.USAGE,
        )
    if IMPRESSIONS in given and not layout.columns.shown:
        raise RecliError(
            "nothing is made of --impressions without --history and item-click-rate",
            "leave it out, or let it have them",
            code=ExitCode.USAGE,
        )
    if asked.of_sessions and SESSIONS not in dict(layout.ordered):
        raise RecliError(
            f"nothing is made of --session-gap without {SESSIONS} and times in --history",
            "leave it out, or let it have them",
            code=ExitCode.USAGE,
        )
    return crossed(layout, asked.crosses)


def _columns(given: Tables, apart: tuple[str, ...]) -> Columns:
    """All that the tables have."""
    history, candidates = given.get("history"), given["candidates"]
    timed = history is not None and history.has("timestamp")
    own = [name for name in candidates.schema if name not in (*APART, *apart)]
    travelling = _described(candidates, own, timed)
    for store in stores(given):
        travelling += _described(given[store.role], list(store.names), timed)
    return Columns(
        _without_words(travelling),
        _described(given.get("items"), None, timed),
        _without_words(_described(given.get("users"), None, timed)),
        candidates.has("score") and candidates.has("rank"),
        history is not None,
        timed,
        history is not None and history.has("rating"),
        candidates.has(AS_OF),
        len(neighbours(given)),
        history is not None and IMPRESSIONS in given,
    )


def _needed(chosen: Named, columns: Columns) -> Columns:
    """The columns without which some families would make less."""
    names, timed = Layout(chosen, columns).names, columns.timed
    for role, none in asdict(Columns(listed=False, met=False)).items():
        fewer = replace(columns, **{role: none})
        if Layout(chosen, fewer).names == names:
            columns = fewer
    # No name tells it, but what was shown and clicked counts from its own time on.
    return replace(columns, timed=timed) if columns.shown else columns


def _without_words(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Words say how like an item is to a history; those of others are like nothing here."""
    return tuple(one for one in columns if one.kind != "text")


def _described(
    table: tables.Table | None, names: list[str] | None, timed: bool
) -> tuple[Column, ...]:
    if table is None:
        return ()
    if names is None:
        names = [name for name in table.schema if name not in ("user_id", "item_id")]
    schema = pl.Schema({name: table.schema[name] for name in names})
    counted = [name for name in names if family(schema[name]) in ("text", "list")]
    batches: Iterable[pl.DataFrame] = table.batches(counted) if counted else ()
    return describe(batches, schema, dates=timed)


def making(layout: Layout, given: Tables, now: int | None = None) -> Making:
    """How candidates become features: at their `as_of`, at `now`, or at the last event of all."""
    found = stores(given)
    held = {store.role: given[store.role].read() for store in found if not store.in_step}
    return Making(layout, catalogue(layout, given, now), found, held)


def moment_of(given: Tables, layout: Layout, now: str | None) -> int | None:
    """`--now` in microseconds; RecliError (usage) where there are no times to hold it against."""
    if now is None:
        return None
    if not layout.columns.timed or given["candidates"].has(AS_OF):
        raise RecliError(
            f"--now {now} is the moment of all candidates of a history with timestamps",
            f"leave it out: {'each has its own' if given['candidates'].has(AS_OF) else 'no times'}",
            code=ExitCode.USAGE,
        )
    return micros("--now", now)
