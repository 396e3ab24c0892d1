"""A policy that is to be valued, as the chance of each item to stand at each place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from recli.contract import ID_TYPES, Contract
from recli.errors import RecliError
from recli.kernels.matrix import numbers
from recli.kernels.policy import Arms, Counts, Policy
from recli.store.open import Table

POLICY = Contract("Policy", {}, {"user_id": ID_TYPES, "item_id": ID_TYPES}, ("user_id",))
PLACES = ("position", "rank")
OFF = 1e-3  # chances of a place may be rounded; past it something is missing


@dataclass(frozen=True)
class Target:
    """The policy, as far as it is known: before the log was read, or for all its places."""

    where: str
    table: Table | None = None  # lists of users, read in step with the log
    chances: pl.DataFrame | None = None  # place (if it hangs on it), item_id, chance: for all users
    state: tuple[Policy, Counts] | None = None
    told: str = ""

    @property
    def keys(self) -> list[str]:
        """What the chances hang on."""
        return ["place"] if self.table is None else ["user_id", "place"]

    def settled(self, items: pl.Series, places: list[int]) -> "Target":
        """The same, its chances known at all places of a log with these items."""
        if self.state is not None:
            arms, rows = _arms(items, self.state[1]), []
            for place, chance in enumerate(self.state[0].places(arms, max(places)), 1):
                if place in places:
                    rows.append(_frame(items, place, chance))
            return replace(self, state=None, chances=pl.concat(rows))
        if self.chances is not None and "place" not in self.chances.columns:
            all_places = pl.DataFrame({"place": places})
            return replace(self, chances=all_places.join(self.chances, how="cross"))
        return self

    def of(self, block: dict[str, pl.DataFrame]) -> pl.DataFrame | None:
        """user_id (of lists), `place`, item_id and `chance` for a block; None if not yet known."""
        if self.table is None:
            known = self.chances is not None and "place" in self.chances.columns
            return self.chances if known else None
        return checked(placed(block["policy"], self.where), ["user_id", "place"], self.where)


def _arms(items: pl.Series, state: Counts) -> Arms:
    """The items of a log as the arms of one slot, which a state may not know."""
    at = numbers(items, state.items)
    if len(items) and (at < 0).all():
        raise RecliError(
            "the state knows none of the items of the log", "name the state of these items"
        )
    shown = np.append(state.shown, 0.0)[at]  # -1 is the last: never shown
    rewarded = np.append(state.rewarded, 0.0)[at]
    starts = np.array([0, len(items)])
    return Arms(starts, np.zeros(len(items)), shown, rewarded, float(state.shown.sum()))


def _frame(items: pl.Series, place: int, chance: Iterable[float]) -> pl.DataFrame:
    rows = pl.DataFrame({"item_id": items, "chance": chance})
    return rows.filter(pl.col("chance") > 0).select(
        pl.lit(place, pl.Int64).alias("place"), pl.all()
    )


def placed(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """Rows with `place` and `chance`, 1 where none is given; by falling score without places."""
    own = [name for name in ("user_id",) if name in rows.columns]
    named = next((name for name in PLACES if name in rows.columns), None)
    if named is None and own:
        rows = rows.sort("user_id", -pl.col("score"), "item_id")
        rows = rows.with_columns(rank=pl.int_range(1, pl.len() + 1).over("user_id"))
        named = "rank"
    chance = pl.col("chance") if "chance" in rows.columns else pl.lit(1.0)
    place = [] if named is None else [pl.col(named).cast(pl.Int64).alias("place")]
    kept = rows.select(*own, *place, "item_id", chance.cast(pl.Float64).alias("chance"))
    right = pl.col("chance").is_between(0, 1).fill_null(False)
    wrong = kept.filter(~right)
    if wrong.height or (place and kept["place"].null_count()):
        raise RecliError(
            f"{where}: {wrong.height:,} rows have no 'chance' from 0 to 1, "
            f"{kept['place'].null_count() if place else 0:,} no place",
            "mend them or leave them out",
        )
    return kept


def checked(rows: pl.DataFrame, keys: list[str], where: str) -> pl.DataFrame:
    """The rows with a chance; RecliError where those of a place do not add up to 1."""
    every = rows if keys else rows.with_columns(all=pl.lit("anywhere"))
    sums = every.group_by(keys or ["all"], maintain_order=True).agg(pl.col("chance").sum())
    wrong = sums.filter((pl.col("chance") - 1).abs() > OFF)
    if wrong.height:
        *at, total = wrong.row(0)
        named = ", ".join(f"{key} {one!r}" for key, one in zip(keys, at, strict=False))
        raise RecliError(
            f"{where}: the chances of {named or 'all items'} add up to {total:.6g}, not to 1",
            "give a row for each item that may stand there, or lists with one item a place",
        )
    return rows.filter(pl.col("chance") > 0)
