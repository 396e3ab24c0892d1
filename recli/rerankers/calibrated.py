"""Bring the mix of categories in each list near the one of the user's history, or one asked for.

Steck, "Calibrated recommendations", RecSys 2018: rows are chosen one by one for the sum of their
scores, scaled to 0..1 in each list, less the Kullback-Leibler divergence of the list's mix from
the one wanted. An item of n values is 1/n of each. --target 'Drama=0.5,Comedy=0.5' asks for one
mix of all lists; else --history tells each user's, and a user without one keeps her order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, SHARE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.mixes import Coded
    from recli.kernels.proofs import Values
    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank calibrated candidates.parquet --items items.parquet --history train.parquet "
    "--by categories -o recs.parquet"
)


@dataclass(frozen=True)
class Calibrated(Rule):
    """Greedy growth of (1 - lambda) x scores - lambda x divergence from the mix wanted."""

    ORDERS: ClassVar[bool] = True
    CODED: ClassVar[tuple[str, ...]] = ("by",)
    by: Annotated[str, "Column of the category, plain or a list."]
    lambda_: Annotated[float, "0 keeps the order, 1 looks at the mix alone.", SHARE] = 0.5
    target: Annotated[str | None, "Mix of every list, as A=0.5,B=0.5; else --history tells."] = None
    top: Annotated[
        int, "How many first places are chosen so; the rest keeps its order.", AT_LEAST_1
    ] = 20

    @property
    def reads(self) -> frozenset[str]:
        """What users chose before, unless the mix is told."""
        return frozenset({"history"} if self.target is None else ())

    def needs(self, context: Context) -> set[str]:
        """The category, and what tells the mix of it."""
        from recli.kernels import mixes

        if self.target is not None:
            mixes.shares_of(self.target)
        elif "history" in context.given:
            mixes.need_categories("calibrated", context)
        else:
            raise RecliError(
                "calibrated does not know which mix is wanted",
                "give --history, or --target A=0.5,B=0.5",
                code=ExitCode.USAGE,
            )
        context.need(self.by)
        return {self.by}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows in their new order, and the users whose mix is not known."""
        import numpy as np

        from recli.kernels import calibrated, rules, threads

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        coded = self._coded(rows, context)
        mixes, order = coded.mixes, np.empty(rows.height, np.int64)

        def choose(begin: int, end: int) -> None:
            calibrated.calibrated(
                begin, end, starts, scores, *coded.lists, coded.count,
                mixes.starts, mixes.codes, mixes.shares, self.lambda_, self.top, order,
            )  # fmt: skip

        threads.over_lists(choose, len(starts) - 1, context.threads)
        notes = {} if self.target else {"lists without a history": mixes.unknown}
        return rules.Reordered(order, notes=notes)

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of lists where a later row deserves one of the first places more."""
        from recli.kernels import proofs, rules

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        coded = self._coded(rows, context)

        def values_of(user: int, begin: int, end: int) -> Values:
            return proofs.divergences(scores[begin:end], coded, user, begin, self.lambda_)

        return proofs.beaten(starts, self.top, values_of)

    def _coded(self, rows: pl.DataFrame, context: Context) -> Coded:
        from recli.kernels import mixes

        if self.target is not None:
            return mixes.asked(rows, self.by, mixes.shares_of(self.target), context)
        return mixes.known(rows, self.by, context)
