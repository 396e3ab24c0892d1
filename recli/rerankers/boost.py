"""Raise or lower scores where a condition holds, and order the lists anew.

A score is multiplied by the factor; a negative one is divided, so that a factor above 1 always
raises. Lists come out by their new scores, so boost first: cap and mmr move items and leave
scores alone. The condition is that of filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import POSITIVE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank boost candidates.parquet "
    "--items items.parquet --where 'price < 20' --factor 1.5 -o recs.parquet"
)


@dataclass(frozen=True)
class Boost(Rule):
    """New scores by a condition; rows for which it does not hold keep theirs."""

    ORDERS: ClassVar[bool] = True
    where: Annotated[str, "Condition on which --factor applies."]
    factor: Annotated[
        float, "What scores are multiplied by where the condition holds.", POSITIVE
    ] = 2.0

    def needs(self, context: Context) -> set[str]:
        """Columns that the condition asks about."""
        from recli.kernels import where

        needed = where.columns(where.parse(self.where))
        context.need(*needed)
        return needed

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows by their new scores, equal ones by item id."""
        import numpy as np

        from recli.kernels import rescoring, where

        holds = where.holds(rows, where.parse(self.where)).to_numpy()
        return rescoring.multiplied(rows, np.where(holds, self.factor, 1.0))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows that should stand before the row above them."""
        from recli.kernels import rescoring

        return rescoring.misplaced(rows)
