"""What is known of all items before a moment, or before each of many."""

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl

from recli.kernels import features_counts, features_shown
from recli.kernels.features import Layout
from recli.kernels.features_shown import Part, Shown
from recli.kernels.features_table import (
    Catalogue,
    Nears,
    at_many_moments,
    at_one_moment,
    catalogue_ids,
)
from recli.kernels.matrix import numbers
from recli.stages.feature_tables import IMPRESSIONS, neighbours
from recli.store.blocks import blocks
from recli.store.open import Table
from recli.tables import AS_OF

Tables = dict[str, Table]


def catalogue(layout: Layout, given: Tables, now: int | None) -> Catalogue:
    """The catalogue at candidates' `as_of`, at `now`, or at the last event of all.

    One moment: reads the history once or, with timestamps, twice; memory grows with items.
    Many: reads it once; memory is some 60 bytes an event. Impressions are read once, in step
    with the history.
    """
    history, items = given.get("history"), given.get("items")
    rows = None
    if items is not None:
        rows = items.read(["item_id", *(one.name for one in layout.columns.items)])
    columns = ["item_id", "similar_item_id", "score"]
    near = tuple(table.read(columns) for table in neighbours(given))
    if history is None:
        nothing = pl.DataFrame(schema={"item_id": given["candidates"].schema["item_id"]})
        return at_one_moment(layout, features_counts.tally([nothing], None), rows, None, near)
    many = given["candidates"].has(AS_OF)
    timed = many or layout.columns.timed
    parts = _parts(given, history, timed=timed) if layout.columns.shown else None
    if many:
        return _at_many_moments(layout, history, rows, near, parts)
    return _at_one_moment(layout, history, rows, near, parts, now)


def _parts(given: Tables, history: Table, *, timed: bool) -> Iterator[Part]:
    """Impressions and clicks of some users after others."""
    for block in blocks((IMPRESSIONS, given[IMPRESSIONS]), {"history": history}):
        shown = block[IMPRESSIONS]
        yield shown, features_shown.clicked(shown, block["history"], timed=timed)


def _at_one_moment(
    layout: Layout,
    history: Table,
    items: pl.DataFrame | None,
    near: Nears,
    parts: Iterable[Part] | None,
    now: int | None,
) -> Catalogue:
    cut, time = now is not None, pl.col("timestamp").dt.epoch("us")
    if layout.columns.timed:
        last = features_counts.latest(history.batches(["timestamp"]))
        now = last if now is None else now
    needed = ["timestamp"] * layout.columns.timed + ["rating"] * layout.columns.rated
    events: Iterable[pl.DataFrame] = history.batches(["item_id", *needed])
    if cut:
        events = (batch.filter(time < now) for batch in events)
    tallied = features_counts.tally(events, now)
    if parts is not None:
        # As of the history's events those at the last moment count, if it is that of none given.
        before = pl.lit(value=True) if now is None else (time < now if cut else time <= now)
        early = ((shown.filter(before), clicks.filter(before)) for shown, clicks in parts)
        tallied = features_shown.added(tallied, early)
    return at_one_moment(layout, tallied, items, now, near, cut=cut)


def _at_many_moments(
    layout: Layout,
    history: Table,
    items: pl.DataFrame | None,
    near: Nears,
    parts: Iterable[Part] | None,
) -> Catalogue:
    events = history.read(["item_id", "timestamp", *["rating"] * layout.columns.rated])
    features_counts.latest([events])
    met, shown = events["item_id"], None
    if parts is not None:
        kept = ["item_id", "timestamp"]
        held = [(shown.select(kept), clicks.select(kept)) for shown, clicks in parts]
        shown, clicks = (pl.concat(frames) for frames in zip(*held, strict=True))
        met = pl.concat([met, shown["item_id"]])
    ids = catalogue_ids(met, items, near)
    ratings = None
    if layout.columns.rated:
        ratings = events["rating"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    times = events["timestamp"].dt.epoch("us").to_numpy()
    every = features_counts.timeline(numbers(events["item_id"], ids), times, ratings, len(ids) + 1)
    looked_up = None if shown is None else Shown.of(shown, clicks, ids)
    return at_many_moments(layout, ids, every, items, near, looked_up)
