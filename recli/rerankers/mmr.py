"""Trade relevance against likeness to what already stands in the list.

Maximal marginal relevance: Carbonell and Goldstein, "The use of MMR, diversity-based reranking
for reordering documents and producing summaries", SIGIR 1998. Scores are scaled to 0..1 in each
list. Likeness is the cosine of a model's item vectors, or the Jaccard overlap of a column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1, SHARE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank mmr candidates.parquet "
    "--items items.parquet --by categories --lambda 0.7 -o recs.parquet"
)


@dataclass(frozen=True)
class Mmr(Rule):
    """Greedy selection by lambda x relevance - (1 - lambda) x likeness to the nearest above."""

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

        return alike.need("mmr", self.by, context)

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows in their new order."""
        from recli.kernels.rules import Reordered

        return Reordered(self._order(rows, context))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows that the same choice, made again, would put elsewhere."""
        import numpy as np

        return int((self._order(rows, context) != np.arange(rows.height)).sum())

    def _order(self, rows: pl.DataFrame, context: Context) -> npt.NDArray[np.int64]:
        import numpy as np

        from recli.kernels import alike, greedy, rules
        from recli.kernels.threads import over_lists

        starts = rules.starts_of(rows["user_id"])
        scores = rules.scaled(rows["score"].to_numpy(), starts)
        codes, vectors = alike.told(rows, self.by, context)
        order = np.empty(rows.height, np.int64)

        def choose(begin: int, end: int) -> None:
            greedy.diversified(
                begin, end, starts, scores, *codes, *vectors, self.lambda_, self.top, order
            )

        over_lists(choose, len(starts) - 1, context.threads)
        return order
