"""Keep only the rows for which a condition holds.

The condition is SQL over the columns of candidates and --items, and those of --users as
user.NAME: comparisons joined by AND, OR and NOT, IN (...), BETWEEN ... AND ..., LIKE 'a%', IS
NULL, timestamp '2025-01-31'; 'Drama' in genres asks about a list column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank filter candidates.parquet "
    "--items items.parquet --where 'price < 20' -o recs.parquet"
)


@dataclass(frozen=True)
class Filter(Rule):
    """Keeps what the condition holds for; a missing value makes it not hold."""

    FIRST_FIT: ClassVar[bool] = True
    where: Annotated[str, "Condition, such as \"price < 20 and 'Horror' not in genres\"."]

    def needs(self, context: Context) -> set[str]:
        """Columns that the condition asks about."""
        from recli.kernels import where

        needed = where.columns(where.parse(self.where))
        context.need(*needed)
        return needed

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows that pass, in their order."""
        from recli.kernels import where
        from recli.kernels.rules import Reordered

        kept = where.holds(rows, where.parse(self.where))
        return Reordered(kept.arg_true().to_numpy().astype("int64"))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of emitted rows that should not be there."""
        from recli.kernels import where

        return int((~where.holds(rows, where.parse(self.where))).sum())
