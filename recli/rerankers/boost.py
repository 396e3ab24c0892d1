"""Raise or lower scores by a condition or by age, and order the lists anew.

A score is multiplied by the factor; a negative one is divided, so that a factor above 1 always
raises. Freshness halves the factor for every half-life since the item's date. Lists come out by
their new scores, so boost first: cap and mmr move items and leave scores alone. The condition is
that of filter.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import POSITIVE
from recli.kernels.rule import Rule
from recli.registry import flag

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank boost candidates.parquet "
    "--items items.parquet --half-life-days 30 -o recs.parquet"
)


@dataclass(frozen=True)
class Boost(Rule):
    """New scores by rule; rows without the value a rule asks for keep theirs."""

    ORDERS: ClassVar[bool] = True
    where: Annotated[str | None, "Condition on which --factor applies."] = None
    factor: Annotated[
        float, "What scores are multiplied by where the condition holds.", POSITIVE
    ] = 2.0
    half_life_days: Annotated[
        float | None, "Age at which the --date of an item halves it.", POSITIVE
    ] = None
    date: Annotated[str, "Column with the date of an item, for --half-life-days."] = "released"
    now: Annotated[str | None, "Moment that ages count from; else the newest date."] = None

    def faults(self) -> list[str]:
        """Nothing to do, and options without what asks for them."""
        if self.where is None and self.half_life_days is None:
            return ["nothing to do: give --where or --half-life-days"]
        idle = [
            flag(field.name)
            for field in fields(self)
            if (field.name == "factor" and self.where is None)
            or (field.name in ("date", "now") and self.half_life_days is None)
            if getattr(self, field.name) != field.default
        ]
        if not idle:
            return []
        return [
            f"{' and '.join(idle)} without what asks for it: --factor goes with --where, "
            "--date and --now with --half-life-days"
        ]

    def needs(self, context: Context) -> set[str]:
        """Columns of the condition, and the date."""
        from recli.kernels import where

        needed = set() if self.where is None else where.columns(where.parse(self.where))
        if self.half_life_days is not None:
            needed |= {self.date}
        context.need(*needed)
        return needed

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows by their new scores, equal ones by item id."""
        import numpy as np

        from recli.kernels.rules import Reordered, ordered

        old = rows["score"].to_numpy()
        factors = self._factors(rows, context)
        scores = np.where(old >= 0, old * factors, old / factors).astype(np.float32)
        order = ordered(rows, scores)
        return Reordered(order, scores[order], {"scores changed": int((scores != old).sum())})

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows whose score is above that of the row before in the same list."""
        import polars as pl

        rises = pl.col("score") > pl.col("score").shift(1).over("user_id")
        return int(rows.select(rises.fill_null(False))["score"].sum())

    def _factors(self, rows: pl.DataFrame, context: Context) -> npt.NDArray[np.float64]:
        import numpy as np

        from recli.kernels import where
        from recli.kernels.rules import days_before

        factors = np.ones(rows.height)
        if self.where is not None:
            factors[where.holds(rows, where.parse(self.where)).to_numpy()] = self.factor
        if self.half_life_days is not None:
            now = self.now if self.now is not None else context.newest.get(self.date)
            age = days_before(rows[self.date], now)
            factors *= np.where(np.isnan(age), 1.0, 0.5 ** (age / self.half_life_days))
        # So small that the score would vanish: the order among the very old is kept by a floor.
        return np.maximum(factors, 1e-12)
