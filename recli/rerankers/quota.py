"""Give so many of the first places to what is promoted, new, in the long tail, or of each kind.

What counts is told by one of: a condition, as that of filter; an age; the tail of popularity;
or a column, of each of whose values so many should stand there (the values of the best items
first, where there is no room for all). Rows that are short are taken from further down the list,
the best of them, and as late as possible; nothing is invented: where a list has too few of them,
all are taken, and the list is counted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, NOT_NEGATIVE, Range
from recli.kernels.rule import Claim, Rule
from recli.registry import flag

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.places import Demand
    from recli.kernels.rules import Context, Lists

EXAMPLE = (
    "recli rerank quota candidates.parquet --items items.parquet "
    "--where 'price < 20' --min 2 --top 10 -o recs.parquet"
)


@dataclass(frozen=True)
class Quota(Rule):
    """At least `min` rows that count in the first `top` places, as far as there are any."""

    CODED: ClassVar[tuple[str, ...]] = ("by",)
    SOFT: ClassVar[bool] = True
    where: Annotated[str | None, "Condition on which a row counts."] = None
    new_days: Annotated[
        float | None, "Age up to which an item counts, by its --date.", NOT_NEGATIVE
    ] = None
    tail: Annotated[
        float | None,
        "Items count that are not among the most popular, which make this share of --history.",
        Range(least=0, below=1),
    ] = None
    by: Annotated[str | None, "Column of whose values each counts for itself."] = None
    min: Annotated[int, "Least rows that count in the first places.", AT_LEAST_1] = 1
    top: Annotated[int, "How many first places the quota speaks of.", AT_LEAST_1] = 10
    date: Annotated[str, "Column with the date of an item, for --new-days."] = "released"
    now: Annotated[str | None, "Moment that ages count from; else the newest date."] = None

    def faults(self) -> list[str]:
        """More or less than one way to count, and more rows than places."""
        ways = {name: getattr(self, name) for name in ("where", "new_days", "tail", "by")}
        given = [flag(name) for name, value in ways.items() if value is not None]
        found = []
        if len(given) != 1:
            told = " and ".join(given) or "nothing"
            found.append(f"{told} says what counts: give one of {', '.join(map(flag, ways))}")
        if self.min > self.top:
            found.append(f"--min {self.min} rows cannot stand in --top {self.top} places")
        idle = [
            flag(field.name)
            for field in fields(self)
            if field.name in ("date", "now") and self.new_days is None
            if getattr(self, field.name) != field.default
        ]
        if idle:
            found.append(f"{' and '.join(idle)} without --new-days")
        return found

    @property
    def claim(self) -> Claim:
        """So many of each value at least, in places that have to be there."""
        least = {} if self.by is None else {self.by: (self.min, self.top)}
        return Claim(places=self.top, least=least)

    @property
    def reads(self) -> frozenset[str]:
        """The popularity of items, for their tail."""
        return frozenset() if self.tail is None else frozenset({"popularity"})

    def needs(self, context: Context) -> set[str]:
        """The columns that tell what counts."""
        from recli.kernels import where

        if self.tail is not None and "history" not in context.given:
            raise RecliError(
                "quota --tail counts by what people did",
                "give their interactions as --history TABLE",
                code=ExitCode.USAGE,
            )
        needed = {self.by} if self.by is not None else set()
        if self.where is not None:
            needed |= where.columns(where.parse(self.where))
            if "rank" in needed:
                raise RecliError(
                    "quota --where asks about rank, which later rules change",
                    "ask about the score, or about columns of --items",
                    code=ExitCode.USAGE,
                )
        if self.new_days is not None:
            needed |= {self.date}
        context.need(*needed)
        return needed

    def demand(self, rows: pl.DataFrame, context: Context) -> Demand:
        """At least `min` rows of each code in the first places."""
        from recli.kernels.places import Codes, Demand

        return Demand.of(quotas=Codes.of(self._codes(rows, context), self.min, self.top))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of quotas that were missed in lists which had rows and room for all of theirs."""
        from recli.kernels.standing import standing

        found = standing(rows, self._codes(rows, context), self.top)
        wanted = found.all.clip(max=self.min)
        room = found.per_list(wanted) <= found.lengths.clip(max=self.top)
        return int(((found.ahead < wanted) & room[found.lists]).sum())

    def unmet(self, rows: pl.DataFrame, context: Context) -> dict[str, int]:
        """Lists that have fewer rows that count in their first places."""
        from recli.kernels.standing import standing

        found = standing(rows, self._codes(rows, context), self.top)
        met = found.per_list((found.ahead >= self.min).astype(int))
        wanted = found.per_list((found.all > 0).astype(int)) if self.by is not None else 1
        return {"lists below the quota": int((met < wanted).sum())}

    def _codes(self, rows: pl.DataFrame, context: Context) -> Lists:
        from recli.kernels import rules, where

        if self.by is not None:
            return context.codes(rows, self.by)
        if self.where is not None:
            return rules.flagged(where.holds(rows, where.parse(self.where)).to_numpy())
        if self.new_days is not None:
            now = self.now if self.now is not None else context.newest.get(self.date)
            return rules.flagged(rules.days_before(rows[self.date], now) <= self.new_days)
        return rules.flagged(rules.in_tail(rows["item_id"], context, float(self.tail or 0)))
