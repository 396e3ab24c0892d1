"""Cover the aspects of a user's taste, so that each is met early and none again and again.

Explicit query aspect diversification: Santos, Macdonald and Ounis, "Exploiting query
reformulations for web search result diversification", WWW 2010. Aspects are the values of a
column. What a user likes of them is the mix of her --history; without it, or for a user who has
none, all of her list count alike. An item of n values is about each to 1/n. Scores are scaled
to 0..1 in each list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1, SHARE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.mixes import Coded
    from recli.kernels.proofs import Values
    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank xquad candidates.parquet --items items.parquet --history train.parquet "
    "--by categories -o recs.parquet"
)


@dataclass(frozen=True)
class Xquad(Rule):
    """Greedy growth of (1 - lambda) x scores + lambda x aspects that no item above is about."""

    ORDERS: ClassVar[bool] = True
    CODED: ClassVar[tuple[str, ...]] = ("by",)
    by: Annotated[str, "Column of the aspects, plain or a list."]
    lambda_: Annotated[float, "0 keeps the order, 1 looks at aspects alone.", SHARE] = 0.5
    top: Annotated[
        int, "How many first places are chosen so; the rest keeps its order.", AT_LEAST_1
    ] = 20

    @property
    def reads(self) -> frozenset[str]:
        """What users chose before, where --history is given."""
        return frozenset({"history"})

    def needs(self, context: Context) -> set[str]:
        """The aspects, of --items where there is a history."""
        from recli.kernels import mixes

        mixes.need_categories("xquad", context)
        context.need(self.by)
        return {self.by}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows in their new order, and the users whose taste is not known."""
        import numpy as np

        from recli.kernels import aspects, rules, threads

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        coded = self._coded(rows, context)
        mixes, order = coded.mixes, np.empty(rows.height, np.int64)

        def choose(begin: int, end: int) -> None:
            aspects.covering(
                begin, end, starts, scores, *coded.lists, coded.count,
                mixes.starts, mixes.codes, mixes.shares, self.lambda_, self.top, order,
            )  # fmt: skip

        threads.over_lists(choose, len(starts) - 1, context.threads)
        notes = {} if context.history is None else {"lists without a history": mixes.unknown}
        return rules.Reordered(order, notes=notes)

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of lists where a later row deserves one of the first places more."""
        from recli.kernels import proofs, rules

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        coded = self._coded(rows, context)

        def values_of(user: int, begin: int, end: int) -> Values:
            return proofs.coverage(scores[begin:end], coded, user, begin, self.lambda_)

        return proofs.beaten(starts, self.top, values_of)

    def _coded(self, rows: pl.DataFrame, context: Context) -> Coded:
        from recli.kernels import mixes

        return mixes.known(rows, self.by, context)
