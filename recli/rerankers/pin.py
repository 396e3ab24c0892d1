"""Put the best rows that meet a condition in fixed places, and mark them as promoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.kernels.rule import Claim, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from recli.kernels.places import Demand
    from recli.kernels.rules import Context, Longs

EXAMPLE = (
    "recli rerank pin candidates.parquet --items items.parquet "
    "--where 'price < 20' --slots 3,7 -o recs.parquet"
)

_MOST = 2**31  # longer than any list


@dataclass(frozen=True)
class Pin(Rule):
    """Rows are chosen from the list: what is to be promoted must have been retrieved.

    The first slot gets the best of them, and so on; a slot for which there is none, or that the
    list does not reach, is left to the others. Rows that an earlier pin marked stay its own.
    """

    SOFT: ClassVar[bool] = True
    where: Annotated[str, "Condition that the rows must meet."]
    slots: Annotated[str, "Their places, from 1, as 3,7."] = "1"
    mark: Annotated[str, "Boolean column that says which rows were put there."] = "promoted"

    def faults(self) -> list[str]:
        """Slots that are no places, or the same place twice."""
        words = self.slots.split(",")
        places = [int(word) for word in words if word.strip().isdecimal()]
        if len(places) < len(words) or not 1 <= min(places) <= max(places) < _MOST:
            return [f"--slots {self.slots} are no places from 1: write 3,7"]
        if len(set(places)) < len(places):
            return [f"--slots {self.slots} names a place twice"]
        if not self.mark or self.mark.startswith("("):
            return [f"--mark '{self.mark}' is no name for a column"]
        return []

    @property
    def claim(self) -> Claim:
        """The slots."""
        slots = frozenset(place + 1 for place in self.places)
        return Claim(places=max(slots), slots=slots)

    @property
    def places(self) -> list[int]:
        """The slots from 0, in rising order."""
        return sorted(int(word) - 1 for word in self.slots.split(","))

    def needs(self, context: Context) -> set[str]:
        """The columns of the condition."""
        import polars as pl

        from recli.kernels import where

        if context.columns.get(self.mark, pl.Boolean) != pl.Boolean:
            raise RecliError(
                f"column '{self.mark}' is there and is no Boolean",
                "name the mark otherwise: --mark COLUMN",
                code=ExitCode.USAGE,
            )
        needed = where.columns(where.parse(self.where))
        context.need(*needed)
        return needed

    def adds(self) -> Mapping[str, type[pl.DataType]]:
        """The mark."""
        import polars as pl

        return {self.mark: pl.Boolean}

    def demand(self, rows: pl.DataFrame, context: Context) -> Demand:
        """Their places for the rows that are chosen, and for those that were before."""
        from recli.kernels.places import Demand

        return Demand.of(pins=self._chosen(rows))

    def held(self, rows: pl.DataFrame, context: Context) -> Demand:
        """Their places for the rows that this rule marked in an earlier step."""
        from recli.kernels.places import Demand

        return Demand.of(pins=self._marked(rows))

    def marked(self, rows: pl.DataFrame, context: Context) -> Mapping[str, pl.Series]:
        """Which rows stand in the slots by this rule, or were promoted before."""
        from recli.kernels import where

        here = where.holds(rows, where.parse(self.where))
        here &= (rows["rank"] - 1).is_in(self.places)
        if self.mark in rows.columns:
            here |= rows[self.mark].fill_null(value=False)
        return {self.mark: here}

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of slots within a list whose row is not one of those that meet the condition."""
        import numpy as np

        from recli.kernels import where
        from recli.kernels.standing import list_numbers

        lists = list_numbers(rows)
        meets = where.holds(rows, where.parse(self.where)).to_numpy()
        at = rows["rank"].to_numpy() - 1
        least = np.bincount(lists)[lists]
        there = np.bincount(lists, weights=meets)[lists]
        wrong = 0
        for nth, place in enumerate(self.places):
            wrong += int(((at == place) & (place < least) & (there > nth) & ~meets).sum())
        return wrong

    def unmet(self, rows: pl.DataFrame, context: Context) -> dict[str, int]:
        """Lists with a slot that no row could be put in."""
        import numpy as np

        from recli.kernels import where
        from recli.kernels.standing import list_numbers

        lists = list_numbers(rows)
        meets = where.holds(rows, where.parse(self.where)).to_numpy()
        slots = np.isin(rows["rank"].to_numpy() - 1, self.places)
        filled = np.bincount(lists, weights=meets & slots)
        return {"lists with a slot left to others": int((filled < len(self.places)).sum())}

    def _marked(self, rows: pl.DataFrame) -> Longs:
        """Place of each row [rows] that was put in a slot before, -1 for the others."""
        import numpy as np

        if self.mark not in rows.columns:
            return np.full(rows.height, -1, np.int64)
        at = rows["rank"].to_numpy().astype(np.int64) - 1
        marked = rows[self.mark].fill_null(value=False).to_numpy()
        return np.where(marked & np.isin(at, self.places), at, -1)

    def _chosen(self, rows: pl.DataFrame) -> Longs:
        """Place of each row [rows], -1 for those that are not chosen."""
        from recli.kernels import where
        from recli.kernels.places import in_slots
        from recli.kernels.rules import starts_of

        meets = where.holds(rows, where.parse(self.where))
        if self.mark in rows.columns:
            meets &= ~rows[self.mark].fill_null(value=False)
        return in_slots(
            starts_of(rows["user_id"]), meets.to_numpy(), self._marked(rows), self.places
        )
