"""Tables to features: what a ranker's two commands share between reading and numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels import features_items
from recli.kernels.features import Asked, Catalogue, Layout, Past, Table, catalogue, features
from recli.kernels.features_columns import Column, describe, encode, family
from recli.kernels.matrix import numbers
from recli.store import open as tables
from recli.tables import same_id_type

OWN = ("user_id", "item_id", "score", "rank")  # of candidates: features of their own
RUN = 1 << 17  # rows whose features are held at a time while they are scored
Starts = npt.NDArray[np.int64]
Tables = dict[str, tables.Table]


@dataclass(frozen=True)
class Rows:
    """The candidates of a block, by number."""

    layout: Layout
    known: Catalogue
    frame: pl.DataFrame  # [rows]
    users: pl.Series  # [users]
    asked: Asked
    past: Past

    @property
    def starts(self) -> Starts:
        """The rows of user u are starts[u] to starts[u + 1]: [users + 1]."""
        return self.asked.starts

    @property
    def strange(self) -> npt.NDArray[np.bool_]:
        """Which rows [rows] are of an item that neither the history nor the items know."""
        return np.equal(self.asked.items, len(self.known.ids))

    def runs(self, rows: int = RUN) -> Iterator[slice]:
        """Users in runs of about so many rows."""
        first = 0
        while first < len(self.users):
            wanted = np.searchsorted(self.starts, self.starts[first] + rows, "right") - 1
            last = max(int(wanted), first + 1)
            yield slice(first, last)
            first = last

    def features(self, users: slice, threads: int) -> Table:
        """Features [rows, features] of a run of users."""
        return features(self.layout, self.known, self.asked, self.past, users, threads)


def check(given: Tables) -> None:
    """Raise RecliError where ids do not fit each other or the history is empty."""
    first = given["candidates"]
    for table in given.values():
        for name in ("user_id", "item_id"):
            if table.has(name):
                same_id_type(first.schema, table.schema, name, table.where)
    if not given["history"].rows:
        raise RecliError(
            f"{given['history'].where} holds no interactions", "check the steps before this one"
        )


def layout_of(given: Tables) -> Layout:
    """The features that can be made of some tables."""
    history = given["history"]
    timed = history.has("timestamp")
    own = [
        name
        for name, kind in given["candidates"].schema.items()
        if name not in OWN and (name == "source" or family(kind) == "number")
    ]
    return Layout(
        _described(given["candidates"], own, timed),
        _described(given.get("items"), None, timed),
        # Words say how like an item is to a history; those of a person are like nothing here.
        tuple(one for one in _described(given.get("users"), None, timed) if one.kind != "text"),
        timed,
        history.has("rating"),
    )


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


def known(layout: Layout, history: tables.Table, items: tables.Table | None) -> Catalogue:
    """The catalogue at the moment of prediction: the last event of the history.

    Reads the history once or, with timestamps, twice; memory grows with items.
    """
    now = None
    if layout.timed:
        now = features_items.latest(history.batches(["timestamp"]))
    needed = ["item_id", *(["timestamp"] * layout.timed), *(["rating"] * layout.rated)]
    counts = features_items.tally(history.batches(needed), now)
    rows = None if items is None else items.read(["item_id", *(one.name for one in layout.items)])
    return catalogue(layout, counts, rows, now)


def of_block(layout: Layout, known: Catalogue, block: Block) -> Rows:
    """A block's `candidates`, `history` and `users` by number, ready to make features of."""
    frame = block["candidates"]
    runs = frame["user_id"].rle()
    users = runs.struct.field("value").alias("user_id")
    asked = Asked(
        _starts(runs.struct.field("len").to_numpy()),
        known.rows(frame["item_id"]),
        frame["score"].to_numpy(),
        frame["rank"].to_numpy(),
        encode(layout.candidates, frame, known.now),
        _people(layout, known, users, block.get("users")),
    )
    return Rows(layout, known, frame, users, asked, _past(layout, known, users, block["history"]))


def _starts(lengths: npt.NDArray[np.integer]) -> Starts:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _people(layout: Layout, known: Catalogue, users: pl.Series, rows: pl.DataFrame | None) -> Table:
    frame = pl.DataFrame({"user_id": users})
    if rows is not None:
        first = rows.unique("user_id", keep="first", maintain_order=True)
        frame = frame.join(first, on="user_id", how="left", maintain_order="left")
    return encode(layout.users, frame, known.now)


def _past(layout: Layout, known: Catalogue, users: pl.Series, rows: pl.DataFrame) -> Past:
    """Both are in the order of users, so each user's events stand together in `rows`."""
    rows = rows.filter(pl.col("user_id").is_in(users.implode()))
    runs = rows["user_id"].rle()
    lengths = np.zeros(len(users), np.int64)
    lengths[numbers(runs.struct.field("value"), users)] = runs.struct.field("len").to_numpy()
    times, ratings = np.zeros(0, np.int64), np.zeros(0, np.float32)
    if layout.timed:
        times = rows["timestamp"].dt.epoch("us").to_numpy()
    if layout.rated:
        ratings = rows["rating"].fill_null(np.nan).to_numpy()
    return Past(_starts(lengths), known.rows(rows["item_id"]), times, ratings)
