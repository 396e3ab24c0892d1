"""Tables to features: which can be made, and what is known of the items."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import polars as pl

from recli import registry
from recli.errors import ExitCode, RecliError
from recli.kernels import features_counts
from recli.kernels.features import Columns, Layout, Named
from recli.kernels.features_columns import Column, describe, family
from recli.kernels.features_table import (
    Catalogue,
    Nears,
    at_many_moments,
    at_one_moment,
    catalogue_ids,
)
from recli.kernels.matrix import numbers
from recli.kernels.moments import micros
from recli.stages.feature_tables import SIMILAR, Store, neighbours, stores
from recli.store import open as tables
from recli.tables import AS_OF, same_id_type

# Of candidates: what makes features of its own, what says nothing, what only training may know.
APART = ("user_id", "item_id", "score", "rank", "status", AS_OF, "label", "drawn", "log_q")
GIVEN = ("candidate-columns", "item-columns", "user-columns")  # families that tables hold ready
Tables = dict[str, tables.Table]


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
        if role not in ("candidates", "items", "propensities", *held)
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


def layout_of(given: Tables, chosen: Named, apart: tuple[str, ...] = ()) -> Layout:
    """The features that some families can make of some tables; RecliError where there is none.

    Columns of the candidates that are set `apart` are no features.
    """
    history, candidates = given.get("history"), given["candidates"]
    timed = history is not None and history.has("timestamp")
    own = [name for name in candidates.schema if name not in (*APART, *apart)]
    travelling = _described(candidates, own, timed)
    for store in stores(given):
        travelling += _described(given[store.role], list(store.names), timed)
    columns = Columns(
        _without_words(travelling),
        _described(given.get("items"), None, timed),
        _without_words(_described(given.get("users"), None, timed)),
        candidates.has("score") and candidates.has("rank"),
        history is not None,
        timed,
        history is not None and history.has("rating"),
        candidates.has(AS_OF),
        len(neighbours(given)),
    )
    layout = Layout(chosen, _needed(chosen, columns))
    if not layout.names:
        raise RecliError(
            f"{', '.join(name for name, _ in chosen)} make no feature of these tables",
            "give --items or --users, or ask for other families",
            code=ExitCode.USAGE,
        )
    return layout


def _needed(chosen: Named, columns: Columns) -> Columns:
    """The columns without which some families would make less."""
    names = Layout(chosen, columns).names
    for role, none in asdict(Columns(listed=False, met=False)).items():
        fewer = replace(columns, **{role: none})
        if Layout(chosen, fewer).names == names:
            columns = fewer
    return columns


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
    """How candidates become features: at their `as_of`, at `now`, or at the last event of all.

    One moment: reads the history once or, with timestamps, twice; memory grows with items.
    Many: reads it once; memory is some 60 bytes an event.
    """
    history, items = given.get("history"), given.get("items")
    rows = None
    if items is not None:
        rows = items.read(["item_id", *(one.name for one in layout.columns.items)])
    found = stores(given)
    held = {store.role: given[store.role].read() for store in found if not store.in_step}
    columns = ["item_id", "similar_item_id", "score"]
    near = tuple(table.read(columns) for table in neighbours(given))
    if history is None:
        nothing = pl.DataFrame(schema={"item_id": given["candidates"].schema["item_id"]})
        tallied = features_counts.tally([nothing], None)
        return Making(layout, at_one_moment(layout, tallied, rows, None, near), found, held)
    if given["candidates"].has(AS_OF):
        return Making(layout, _at_many_moments(layout, history, rows, near), found, held)
    cut = now is not None
    if layout.columns.timed:
        last = features_counts.latest(history.batches(["timestamp"]))
        now = last if now is None else now
    needed = ["timestamp"] * layout.columns.timed + ["rating"] * layout.columns.rated
    events: Iterable[pl.DataFrame] = history.batches(["item_id", *needed])
    if cut:
        before = pl.col("timestamp").dt.epoch("us") < now
        events = (batch.filter(before) for batch in events)
    tallied = features_counts.tally(events, now)
    return Making(layout, at_one_moment(layout, tallied, rows, now, near, cut=cut), found, held)


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


def _at_many_moments(
    layout: Layout, history: tables.Table, items: pl.DataFrame | None, near: Nears
) -> Catalogue:
    events = history.read(["item_id", "timestamp", *["rating"] * layout.columns.rated])
    features_counts.latest([events])
    ids = catalogue_ids(events["item_id"], items, near)
    ratings = None
    if layout.columns.rated:
        ratings = events["rating"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    times = events["timestamp"].dt.epoch("us").to_numpy()
    every = features_counts.timeline(numbers(events["item_id"], ids), times, ratings, len(ids) + 1)
    return at_many_moments(layout, ids, every, items, near)
