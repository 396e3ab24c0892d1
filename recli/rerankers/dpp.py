"""Choose lists that are likely of a determinantal point process: good items, unlike each other.

Chen, Zhang and Zhou, "Fast greedy MAP inference for determinantal point process to improve
recommendation diversity", NeurIPS 2018. Scores are scaled to 0..1 in each list. Likeness is
(1 + cosine) / 2 of a model's item vectors, or the Jaccard overlap of a column. Unlike mmr it
weighs each item against all of those above together: what two of them cover counts as covered.
Where no item is left that is not made up of those above, the rest keeps its order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1, SHARE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.proofs import Values
    from recli.kernels.rules import Context, Reordered

EXAMPLE = "recli rerank dpp candidates.parquet --model als.model --lambda 0.7 -o recs.parquet"


@dataclass(frozen=True)
class Dpp(Rule):
    """Greedy growth of lambda x scores + (1 - lambda) x log of the determinant of likeness."""

    ORDERS: ClassVar[bool] = True
    CODED: ClassVar[tuple[str, ...]] = ("by",)
    lambda_: Annotated[float, "1 keeps the order, 0 looks at likeness alone.", SHARE] = 0.7
    by: Annotated[str | None, "Column of categories that tells likeness; else --model does."] = None
    top: Annotated[
        int, "How many first places are chosen so; the rest keeps its order.", AT_LEAST_1
    ] = 20

    @property
    def reads(self) -> frozenset[str]:
        """Vectors of items, unless a column tells what is alike."""
        return frozenset({"vectors"} if self.by is None else ())

    def needs(self, context: Context) -> set[str]:
        """The column of categories, or none where a model is given."""
        from recli.kernels import alike

        return alike.need("dpp", self.by, context)

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows in their new order."""
        import numpy as np

        from recli.kernels import alike, determinantal, rules, threads

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        codes, vectors = alike.told(rows, self.by, context)
        order = np.empty(rows.height, np.int64)

        def choose(begin: int, end: int) -> None:
            determinantal.spread(
                begin, end, starts, scores, *codes, *vectors, self.lambda_, self.top, order
            )

        threads.over_lists(choose, len(starts) - 1, context.threads)
        return rules.Reordered(order)

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of lists where a later row deserves one of the first places more."""
        from recli.kernels import alike, proofs, rules

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        codes, (at, vectors) = alike.told(rows, self.by, context)

        def values_of(_: int, begin: int, end: int) -> Values:
            if self.by is None:
                likeness = proofs.cosines(vectors[at[begin:end]], self.top)
            else:
                likeness = proofs.overlaps(codes, begin, end, self.top)
            return proofs.volumes(scores[begin:end], likeness, self.lambda_)

        return proofs.beaten(starts, self.top, values_of)
