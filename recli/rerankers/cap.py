"""Let no category take more than so many of the first places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1
from recli.kernels.rule import Claim, Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.places import Demand
    from recli.kernels.rules import Context


@dataclass(frozen=True)
class Cap(Rule):
    """Moves what is over the cap behind the first places; an item counts for each category.

    Where a list has too little else to fill the first places, it ends early: the rule comes
    before the length.
    """

    FIRST_FIT: ClassVar[bool] = True
    CODED: ClassVar[tuple[str, ...]] = ("by",)
    by: Annotated[str, "Column of the category, plain or a list."]
    max: Annotated[int, "Most items of one category in the first places.", AT_LEAST_1] = 2
    top: Annotated[int, "How many first places the cap speaks of.", AT_LEAST_1] = 10

    @property
    def claim(self) -> Claim:
        """So many of each category at most."""
        return Claim(most={self.by: (self.max, self.top)})

    def needs(self, context: Context) -> set[str]:
        """The category."""
        context.need(self.by)
        return {self.by}

    def demand(self, rows: pl.DataFrame, context: Context) -> Demand:
        """At most `max` rows of each category in the first places."""
        from recli.kernels.places import Codes, Demand

        return Demand.of(caps=Codes.of(context.codes(rows, self.by), self.max, self.top))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of categories that stand too often in the first places of a list."""
        import polars as pl

        from recli.kernels.standing import standing

        first = rows.filter(pl.col("rank") <= self.top)
        found = standing(first, context.codes(first, self.by), self.top)
        return int((found.ahead > self.max).sum())
