"""The rule that leaves chosen places of a list to a policy, and says how likely it chose so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels import drawing_lots, hashing, linear_arms, where
from recli.kernels.linear_arms import Linear
from recli.kernels.matrix import numbers
from recli.kernels.places import Demand
from recli.kernels.policy import Arms, Counts, Policy
from recli.kernels.rule import Claim, Rule
from recli.kernels.rules import Context, Reordered, starts_of
from recli.kernels.slots import Hands, Table, dealt, laid, staying

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
COLUMNS = ("propensity", "policy")


@dataclass(frozen=True)
class Slots:
    """Which places are chosen by lot, among what, and by which lot."""

    places: tuple[int, ...]  # from 1, rising
    k: int  # rows of a list in the end
    day: str
    seed: int = 0
    new: str | None = None  # condition of the rows that the last `quota` places are for
    quota: int = 0
    floor: float = 0.0
    most: int = 50  # rows that compete, and of new ones as many again

    @property
    def table(self) -> Table:
        """The slots as rows are dealt to them."""
        return Table(np.array(self.places) - 1, self.k, self.quota, self.most)

    def lots(self, users: pl.Series, slot: Longs) -> Doubles:
        """A number in [0, 1) for each user and slot [rows]: the same on the same day."""
        out = np.empty(len(users))
        for at, place in enumerate(self.places):
            mine = slot == at
            word = f"{self.seed} {self.day} {place}".encode()
            seed = int.from_bytes(hashlib.sha256(word).digest()[:8], "big")
            out[mine] = hashing.uniform([users.filter(pl.Series(mine))], seed)
        return out


@dataclass(frozen=True)
class Explore(Rule):
    """Draws a row for each slot from the rows below those that stay."""

    LAST: ClassVar[bool] = True

    policy: Policy
    name: str  # of the policy, as rows carry it
    slots: Slots
    state: Counts | Linear | None = None
    told: str = ""  # how messages name the state

    def __post_init__(self) -> None:
        """Nothing to check: each part was when it was made."""

    @property
    def claim(self) -> Claim:
        """The slots, which no pin may have."""
        return Claim(slots=frozenset(self.slots.places))

    def needs(self, context: Context) -> set[str]:
        """Columns of the condition, and those of the state."""
        taken = sorted({*COLUMNS} & {*context.columns})
        if taken:
            raise RecliError(f"there is a column '{taken[0]}' already", "leave it out")
        needed: set[str] = set()
        if self.slots.new is not None:
            needed |= where.columns(where.parse(self.slots.new, "--new"))
            context.need(*needed)
        if isinstance(self.state, Linear):
            linear_arms.check_features(self.state.features, context.columns, self.told)
            needed |= {*self.state.features}
        return needed

    def adds(self) -> Mapping[str, type[pl.DataType]]:
        """How likely each row was to stand in its place, and by which policy."""
        return dict(zip(COLUMNS, (pl.Float64, pl.String), strict=True))

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows that stay and those drawn, in their places, with the chance of each."""
        _refuse_repeats(rows)
        starts, table = starts_of(rows["user_id"]), self.slots.table
        demand = context.held or Demand.of(pins=np.full(rows.height, -1, np.int64))
        stays = staying(starts, table, demand.pins)
        hands = dealt(starts, stays, self._new(rows).to_numpy(), table, demand)
        arms, unknown = self._arms(rows, hands)
        chances, level = drawing_lots.floored(
            arms.starts, self.policy.chances(arms), self.slots.floor
        )
        lots = self.slots.lots(rows["user_id"].gather(starts[:-1][hands.lists]), hands.slots)
        drawn = drawing_lots.drawn(arms.starts, chances, lots)
        taken = np.full((len(starts) - 1, len(table.places)), -1, np.int64)
        taken[hands.lists, hands.slots] = hands.rows[drawn]
        odds = np.ones(rows.height)
        odds[hands.rows] = chances
        order = laid(starts, stays, table, demand.pins, taken)
        notes = {"slots filled": len(drawn), "slots left out": taken.size - len(drawn)}
        notes |= {"slots for new items without one": hands.unmet} if self.slots.new else {}
        notes |= {"slots where the floor is 1/arms": level} if self.slots.floor else {}
        if isinstance(self.state, Counts):
            notes["arms that the state does not know"] = unknown
        return Reordered(order, notes=notes, columns=self._columns(odds[order]))

    def _columns(self, propensity: Doubles) -> dict[str, pl.Series]:
        policy = pl.Series([self.name], dtype=pl.String).new_from_index(0, len(propensity))
        return {"propensity": pl.Series(propensity, dtype=pl.Float64), "policy": policy}

    def _new(self, rows: pl.DataFrame) -> pl.Series:
        if self.slots.new is None:
            return pl.Series([False]).new_from_index(0, rows.height)
        return where.holds(rows, where.parse(self.slots.new, "--new"), "--new")

    def _arms(self, rows: pl.DataFrame, hands: Hands) -> tuple[Arms, int]:
        """What a policy reads of the arms, and how many of them a state of counts lacks."""
        own = rows[hands.rows]
        scores = own["score"].cast(pl.Float64).to_numpy()
        if isinstance(self.state, Linear):
            context = linear_arms.columns(own, self.state.features)
            return Arms(hands.starts, scores, context=context, linear=self.state), 0
        if self.state is None:
            return Arms(hands.starts, scores), 0
        at = numbers(own["item_id"], self.state.items)
        shown = np.append(self.state.shown, 0.0)[at]  # -1 is the last: never shown
        rewarded = np.append(self.state.rewarded, 0.0)[at]
        total = float(self.state.shown.sum())
        return Arms(hands.starts, scores, shown, rewarded, total), int((at < 0).sum())

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of emitted rows whose propensity or policy cannot be true, or come twice."""
        ask, chance = self.slots, pl.col("propensity")
        least = min(ask.floor, 1 / ask.most)
        slot = pl.col("rank").is_in(ask.places)
        # Where a slot is left out, the places below it have moved up.
        whole = pl.len().over("user_id") == ask.k
        wrong = chance.is_null() | ~chance.is_between(least, 1) | (chance == 0)
        wrong |= whole & ~slot & (chance != 1)
        wrong |= pl.col("policy").ne_missing(self.name) | (pl.col("rank") > ask.k)
        twice = pl.struct("user_id", "item_id").is_duplicated()
        return int(rows.select((wrong | twice).sum()).item())


def _refuse_repeats(rows: pl.DataFrame) -> None:
    """Raise RecliError where a list names an item twice: no chance could be told of it."""
    if rows.select("user_id", "item_id").n_unique() == rows.height:
        return
    first = rows.filter(pl.struct("user_id", "item_id").is_duplicated()).row(0, named=True)
    raise RecliError(
        f"the list of user {first['user_id']!r} has item {first['item_id']!r} twice",
        "drop what repeats: recli rerank dedupe --by item_id",
    )
