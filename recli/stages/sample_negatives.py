"""Negatives beside the positives of a block: lists to learn from, with their chances."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.kernels import sampling
from recli.kernels.features_counts import counted, tally
from recli.kernels.features_table import catalogue_ids, every_row
from recli.kernels.hashing import uniform
from recli.kernels.matrix import Ids, numbers
from recli.kernels.sampling import Csr, Doubles, Longs, Positives, Sampler
from recli.stages.sample_strategy import Strategy
from recli.store.open import Table
from recli.tables import AS_OF, same_id_type

FEW = "positives with fewer negatives than asked for"
REPEATED = "of items that their users had met before, left out"
POSITIVE = "positive"  # `drawn` of what was chosen
Tables = dict[str, Table]


@dataclass(frozen=True)
class Choices:
    """What a run of sample-negatives may be told."""

    ratio: int = 4
    depth: int = 50  # candidates or neighbours that are hard
    grade: str | None = None
    repeats: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Catalogue:
    """Every item, how often it was chosen, and its neighbours where they were given."""

    ids: Ids
    counts: Doubles  # [items]
    similar: Csr | None  # by item


def build(tables: Tables, strategy: Strategy, choices: Choices) -> Build:
    """How a worker makes the stage; tables are checked against what the strategy draws from.

    Reads the positives, and a history or items, once for the catalogue; memory grows with items.
    """
    first = tables["positives"]
    for table in tables.values():
        for name in ("user_id", "item_id"):
            if table.has(name):
                same_id_type(first.schema, table.schema, name, table.where)
    strategy.check(tables)
    if choices.grade is not None:
        first.need(choices.grade)
    return partial(
        Sampling, strategy.samplers, strategy.shares, _catalogue(tables, choices), choices
    )


def _catalogue(tables: Tables, choices: Choices) -> Catalogue:
    roles = [role for role in ("positives", "history") if role in tables]
    events = (batch for role in roles for batch in tables[role].batches(["item_id"]))
    counts = tally(events, None)
    ids = catalogue_ids(
        counts["item_id"], tables["items"].read(["item_id"]) if "items" in tables else None
    )
    chosen = counted(every_row(ids, counts)).of["events"][:-1]
    similar = None
    if "similar" in tables:
        rows = tables["similar"].read(["item_id", "similar_item_id", "rank"])
        rows = rows.filter(pl.col("rank") <= choices.depth)
        of, near = (numbers(rows[name], ids) for name in ("item_id", "similar_item_id"))
        similar = _csr(of, near, len(ids))
    return Catalogue(ids, chosen, similar)


def _csr(rows: npt.NDArray[np.integer], items: sampling.Ints, count: int) -> Csr:
    """Items of each row, sorted and once each; a number below 0 is left out."""
    kept = (rows >= 0) & (items >= 0)
    pairs = np.unique(np.stack([rows[kept], items[kept]], axis=1).astype(np.int64), axis=0)
    starts = np.searchsorted(pairs[:, 0], np.arange(count + 1))
    return starts.astype(np.int64), pairs[:, 1].astype(np.int32)


def _some(csr: Csr, groups: npt.NDArray[np.integer]) -> Csr:
    """Some groups of cells, in their order."""
    starts, items = csr
    lengths = np.diff(starts)[groups]
    ends = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    cells = np.arange(ends[-1]) + np.repeat(starts[:-1][groups] - ends[:-1], lengths)
    return ends, items[cells]


@dataclass(frozen=True)
class Sampling:
    """Maps `positives` with what else was chosen, shown or offered to lists with labels."""

    samplers: tuple[tuple[str, Sampler], ...]
    shares: Doubles
    known: Catalogue
    choices: Choices

    def __call__(self, block: Block) -> Result:
        """Each positive, then its negatives; a row's columns are those of `_rows`."""
        given = block["positives"]
        rows = given if self.choices.repeats else _new(given, block.get("history"))
        users = rows["user_id"].unique(maintain_order=True)
        whose = numbers(rows["user_id"], users).astype(np.int64)
        items = numbers(rows["item_id"], self.known.ids)
        liked = [self._of(block, role, users) for role in ("positives", "history")]
        known_users, known_items = (np.concatenate(ends) for ends in zip(*liked, strict=True))
        known = _csr(known_users, known_items, len(users))
        shown = _csr(*self._of(block, "impressions", users), count=len(users))
        near = self._near(block, users, whose, items)
        positives = Positives(whose, items, self.known.counts, shown, *near)
        pools = [sampler.pool(positives) for _, sampler in self.samplers]
        found, by = sampling.drawn(
            pools,
            self.shares,
            positives,
            known,
            _states(rows, self.choices.seed),
            self.choices.ratio,
        )
        few = int((found < 0).any(axis=1).sum())
        frame = self._rows(rows, found, by, pools)
        counts = {"users": len(users), "positives": rows.height, FEW: few}
        if not self.choices.repeats:
            counts[REPEATED] = given.height - rows.height
        return Result(frame, counts)

    def _of(self, block: Block, role: str, users: pl.Series) -> tuple[Longs, sampling.Ints]:
        """Users and items of a table's rows, by number; none where there is no such table."""
        if role not in block:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        frame = block[role]
        if "rank" in frame.columns:
            frame = frame.filter(pl.col("rank") <= self.choices.depth)
        whose = numbers(frame["user_id"], users).astype(np.int64)
        return whose, numbers(frame["item_id"], self.known.ids)

    def _near(
        self, block: Block, users: pl.Series, whose: Longs, items: sampling.Ints
    ) -> tuple[Csr, Longs]:
        """What is hard, and the group of each positive [rows]: her candidates or neighbours."""
        if self.known.similar is None:
            return _csr(*self._of(block, "candidates", users), count=len(users)), whose
        distinct, groups = np.unique(items, return_inverse=True)
        return _some(self.known.similar, distinct), groups.astype(np.int64)

    def _rows(
        self,
        rows: pl.DataFrame,
        found: sampling.Ints,
        by: sampling.Ints,
        pools: list[sampling.Pool],
    ) -> pl.DataFrame:
        """user_id, item_id, as_of where there are times, label, drawn and log_q."""
        count, ratio = found.shape
        items = np.concatenate([numbers(rows["item_id"], self.known.ids)[:, None], found], axis=1)
        place = np.repeat(np.arange(count), ratio + 1)
        drawn = items.ravel()
        kept = drawn >= 0
        place, drawn = place[kept], drawn[kept]
        sources = np.concatenate([np.full((count, 1), -1, np.int32), by], axis=1).ravel()[kept]
        names = pl.Series([*(name for name, _ in self.samplers), POSITIVE], dtype=pl.String)
        gain = pl.Series(np.ones(count)) if self.choices.grade is None else rows[self.choices.grade]
        label = gain.cast(pl.Float32).gather(place).to_numpy() * (sources < 0)
        chance = sampling.log_chance(pools, self.shares, place, drawn)
        frame = pl.DataFrame(
            {
                "user_id": rows["user_id"].gather(place),
                "item_id": self.known.ids.gather(drawn),
                **({AS_OF: rows["timestamp"].gather(place)} if "timestamp" in rows.columns else {}),
                "label": label.astype(np.float32),
                "drawn": names.gather(np.where(sources < 0, len(names) - 1, sources)),
                "log_q": pl.Series(chance.astype(np.float32)),
            }
        )
        frame = frame.with_columns(
            pl.when(pl.col("log_q").is_finite()).then("log_q").alias("log_q")
        )
        keys = [name for name in ("user_id", AS_OF, "item_id") if name in frame.columns]
        frame = frame.sort(keys[:-1], maintain_order=True)
        return frame.unique(keys, keep="first", maintain_order=True)


def _new(rows: pl.DataFrame, history: pl.DataFrame | None) -> pl.DataFrame:
    """Positives [rows] of items that their users had not met before."""
    keys = ["user_id", "item_id"]
    first = rows.filter(pl.struct(keys).is_first_distinct())
    if history is None:
        return first
    if "timestamp" not in rows.columns or "timestamp" not in history.columns:
        return first.join(history, on=keys, how="anti", maintain_order="left")
    met = history.group_by(keys).agg(met=pl.col("timestamp").min())
    joined = first.join(met, on=keys, how="left", maintain_order="left")
    late = (pl.col("met") < pl.col("timestamp")).fill_null(False)
    return joined.filter(~late).drop("met")


def _states(rows: pl.DataFrame, seed: int) -> Longs:
    """A number for each positive [rows], from its user, its place there and the seed alone."""
    place = pl.int_range(pl.len(), dtype=pl.Int64).over("user_id")
    keys = rows.select("user_id", place=place)
    return (uniform([keys["user_id"], keys["place"]], seed) * 2.0**53).astype(np.int64)
