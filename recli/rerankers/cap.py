"""Let no category take more than so many of the first places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.fields import AT_LEAST_1, Declared

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered


@dataclass(frozen=True)
class Cap(Declared):
    """Moves what is over the cap behind the first places; an item counts for each category.

    Where a list has too little else to fill the first places, it ends early: the rule comes
    before the length.
    """

    by: Annotated[str, "Column of the category, plain or a list."]
    max: Annotated[int, "Most items of one category in the first places.", AT_LEAST_1] = 2
    top: Annotated[int, "How many first places the cap speaks of.", AT_LEAST_1] = 10

    def needs(self, context: Context) -> set[str]:
        """The category."""
        context.need(self.by)
        return {self.by}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows in their capped order."""
        import numpy as np

        from recli.kernels import greedy, rules

        starts = rules.starts_of(rows["user_id"])
        first, codes = rules.codes_of(rows[self.by])
        count = int(codes.max(initial=-1)) + 1
        places = greedy.capped(starts, first, codes, count, self.max, self.top)
        users = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        order = np.lexsort((places, users))
        return rules.Reordered(order[places[order] >= 0])

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of categories that stand too often in the first places of a list."""
        import polars as pl

        first = rows.filter(pl.col("rank") <= self.top).select("user_id", pl.col(self.by))
        if first.schema[self.by].is_nested():
            first = first.with_columns(pl.col(self.by).list.unique()).explode(self.by)
        counts = first.drop_nulls(self.by).group_by("user_id", self.by).len()
        return int((counts["len"] > self.max).sum())
