"""Blocks of a log beside the policy that is to be valued, and the numbers of its cells."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.reward_means import Cells
from recli.stages.ope_asked import STRATA, Columns
from recli.stages.ope_policy import Target
from recli.store.blocks import blocks
from recli.store.open import Table

Doubles = npt.NDArray[np.float64]
Pair = tuple[pl.DataFrame, pl.DataFrame | None, Counter[str]]
Listen = Callable[[Iterable[Pair]], Iterable[Pair]]
FOLDS = 5  # the model that a row is held against was learned from the others
PLACES = 50  # that have values of their own
UNSHOWN = "rows left out, where the policy shows nothing"
UNSEEN = "rows left out, of places that the curve lacks"


@dataclass(frozen=True)
class Reading:
    """A log in step with a policy: the same rows, however often it is read."""

    log: Table
    target: Target
    columns: Columns
    curve: pl.DataFrame | None = None  # place and `look`, the chance of one beside the first

    def pairs(self) -> Iterator[Pair]:
        """Rows, the policy's chances for them, and how many rows were left out.

        Rows have `look`, `fold`, and `at`: the place, or 1 for all with a curve, as what an item
        earns once it is looked at hangs on no place.
        """
        first = 0
        for block in self._blocks():
            whole = self.columns.of(block["log"], first)
            first += whole.height
            rows, lost = self._seen(whole)
            chances = self.target.of(block)
            if chances is not None:
                told = rows.join(chances, on=self.target.keys, how="semi", maintain_order="left")
                lost[UNSHOWN] += rows.height - told.height
                rows = told
            yield rows, chances, lost

    def _blocks(self) -> Iterator[dict[str, pl.DataFrame]]:
        if self.log.has("user_id"):
            beside = {} if self.target.table is None else {"policy": self.target.table}
            yield from blocks(("log", self.log), beside)
        else:
            for batch in self.log.batches(self.columns.read):
                yield {"log": batch}

    def _seen(self, rows: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
        rows = rows.with_columns(fold=pl.col("bucket") % FOLDS)
        if self.curve is None:
            return rows.with_columns(look=pl.lit(1.0), at="place"), Counter()
        told = rows.join(self.curve, on="place", how="inner", maintain_order="left")
        return told.with_columns(at=pl.lit(1, pl.Int64)), Counter(
            {UNSEEN: rows.height - told.height}
        )

    @property
    def strata(self) -> list[str]:
        """Columns that say which mean a row belongs to."""
        return ["at", *(f"in.{name}" for name in self.columns.context)]


@dataclass
class Survey:
    """What there is in a log: cells of the model, places, and rows by place."""

    cells: pl.DataFrame = field(default_factory=pl.DataFrame)
    rows: int = 0
    by_place: Counter[int] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    rewarded: int = 0

    @property
    def places(self) -> list[int]:
        """The places, in order."""
        return sorted(self.by_place)

    @cached_property
    def numbered(self) -> Cells:
        """Stratum and item of each cell, by number."""
        stratum = self.cells["stratum"].to_numpy().astype(np.int64)
        return Cells(stratum, self.cells["item"].to_numpy().astype(np.int64))


def survey(reading: Reading, listen: Listen) -> tuple[Survey, Reading]:
    """Look at the whole log once, and settle what the policy does at its places."""
    found = Survey()
    keys = [*reading.strata, "item_id"]
    seen: list[pl.DataFrame] = []
    for rows, chances, lost in listen(reading.pairs()):
        found.lost += lost
        found.rows += rows.height
        found.rewarded += int((rows["reward"] != 0).sum())
        for place, count in rows.group_by("place").len().rows():
            found.by_place[place] += count
        parts = [*seen, rows.select(keys)]
        if chances is not None:
            parts.append(_offered(rows, chances, reading).select(keys))
        seen = [pl.concat(parts).unique()]
    if not found.rows:
        raise RecliError(
            f"{reading.target.where} shows nothing at any place of {reading.log.where}",
            "name a policy of the users and places of this log",
        )
    items = seen[0]["item_id"].unique().sort()
    settled = replace(reading, target=reading.target.settled(items, found.places))
    if reading.target.table is None:
        strata = seen[0].select(reading.strata).unique()
        shown = _policy_cells(strata, settled)
        seen = [pl.concat([seen[0], shown.select(keys)]).unique()]
    found.cells = _numbered(seen[0], reading.strata)
    return found, settled


def _policy_cells(strata: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    chances = reading.target.chances
    if chances is None:
        raise TypeError("a policy for all users has chances")
    if reading.curve is not None:
        return strata.join(chances.select("item_id").unique(), how="cross")
    return strata.join(chances.rename({"place": "at"}), on="at", how="inner")


def _numbered(cells: pl.DataFrame, strata: list[str]) -> pl.DataFrame:
    """The cells in order, with the numbers of each, its stratum and its item."""
    whole = cells.sort([*strata, "item_id"])
    told = whole.with_columns(
        cell=pl.int_range(pl.len()),
        stratum=pl.struct(strata).rle_id().cast(pl.Int64),
        item=pl.col("item_id").rank("dense").cast(pl.Int64) - 1,
    )
    if told.height and int(told["stratum"][-1]) >= STRATA:
        count = int(told["stratum"][-1]) + 1
        raise RecliError(
            f"--context and places part the log into {count:,} kinds of rows",
            "name columns of few values",
        )
    return told


def _offered(rows: pl.DataFrame, chances: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    """What the policy may show: `times` that a kind of row is there, `where` its number."""
    keys = dict.fromkeys([*reading.target.keys, *reading.strata, "place", "look", "fold"])
    kinds = rows.group_by(list(keys), maintain_order=True).len("times")
    return _joined(kinds, chances, reading)


def _joined(kinds: pl.DataFrame, chances: pl.DataFrame, reading: Reading) -> pl.DataFrame:
    numbers = kinds.with_columns(where=pl.int_range(pl.len()))
    return numbers.join(chances, on=reading.target.keys, how="inner", maintain_order="left")


def offered(
    rows: pl.DataFrame, chances: pl.DataFrame, reading: Reading, found: Survey
) -> pl.DataFrame:
    """The same with the numbers of their cells."""
    return _with_cells(_offered(rows, chances, reading), reading, found)


def offered_to_all(kinds: pl.DataFrame, reading: Reading, found: Survey) -> pl.DataFrame:
    """The same of kinds of rows that were counted, by a policy that is the same for all users."""
    chances = reading.target.chances
    if chances is None:
        raise TypeError("a policy for all users has chances")
    return _with_cells(_joined(kinds, chances, reading), reading, found)


def numbered(rows: pl.DataFrame, reading: Reading, found: Survey) -> npt.NDArray[np.int64]:
    """The cell of each row [rows]."""
    return _with_cells(rows, reading, found)["cell"].to_numpy().astype(np.int64)


def _with_cells(rows: pl.DataFrame, reading: Reading, found: Survey) -> pl.DataFrame:
    keys = [*reading.strata, "item_id"]
    numbers = found.cells.select(*keys, "cell")
    return rows.join(numbers, on=keys, how="left", nulls_equal=True, maintain_order="left")
