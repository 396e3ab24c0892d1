"""Halve scores for every half-life since an item's date, and order the lists anew.

A negative score is divided instead, so that age always lowers. Items without a date keep their
scores. Lists come out by their new scores, so it goes before what moves items and leaves scores
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import RecliError
from recli.fields import POSITIVE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank freshness candidates.parquet "
    "--items items.parquet --half-life-days 30 -o recs.parquet"
)


@dataclass(frozen=True)
class Freshness(Rule):
    """Scores times 2 to the power of -age / half-life."""

    ORDERS: ClassVar[bool] = True
    half_life_days: Annotated[float, "Age at which an item's score is halved.", POSITIVE]
    date: Annotated[str, "Column with the date of an item."] = "released"
    now: Annotated[str | None, "Moment that ages count from; else the newest date."] = None

    def needs(self, context: Context) -> set[str]:
        """The date."""
        from recli.kernels.moments import moment

        if self.now is not None:
            moment("--now", self.now)
        context.need(self.date)
        kind = context.columns[self.date]
        if not kind.is_temporal():
            raise RecliError(f"column '{self.date}' is {kind}, not a date", "give --date")
        return {self.date}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows by their new scores, equal ones by item id."""
        import numpy as np

        from recli.kernels import rescoring
        from recli.kernels.rules import days_before

        if self.now is None and self.date not in context.newest:
            raise RecliError(
                f"--items has no '{self.date}' whose newest could be now", "give --now"
            )
        now = context.newest[self.date] if self.now is None else self.now
        age = days_before(rows[self.date], now)
        factors = np.where(np.isnan(age), 1.0, 0.5 ** (age / self.half_life_days))
        return rescoring.multiplied(rows, factors)

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows that should stand before the row above them."""
        from recli.kernels import rescoring

        return rescoring.misplaced(rows)
