"""Lower scores of what is popular anyway, and order the lists anew.

    relevance - strength x log(1 + popularity) / log(1 + the most popular item's)

with relevance the score scaled to 0..1 in its list, and popularity the number of interactions of
an item in --history. Popularity's tail is long, hence its logarithm. A score is compensated for
popularity after the model, as by Zhu and others, "Popularity-opportunity bias in collaborative
filtering", WSDM 2021; to order by popularity against relevance goes back to Adomavicius and Kwon,
"Improving aggregate recommendation diversity using ranking-based techniques", TKDE 24(5), 2012.
Choose the strength on validation data: `--curve strength=0:1:0.1 --labels valid.parquet`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import SHARE
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank popularity-debias candidates.parquet "
    "--history train.parquet --strength 0.3 -o recs.parquet"
)


@dataclass(frozen=True)
class PopularityDebias(Rule):
    """Relevance less strength x the logarithm of popularity, both in 0..1."""

    ORDERS: ClassVar[bool] = True
    strength: Annotated[float, "What popularity costs; 0 keeps the order.", SHARE] = 0.3

    @property
    def reads(self) -> frozenset[str]:
        """How often each item was chosen."""
        return frozenset({"popularity"})

    def needs(self, context: Context) -> set[str]:
        """No column, but the history."""
        if "history" not in context.given:
            raise RecliError(
                "popularity-debias does not know what is popular",
                "give --history",
                code=ExitCode.USAGE,
            )
        return set()

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows by their new scores, equal ones by item id."""
        import numpy as np

        from recli.kernels import rules

        old = rows["score"].to_numpy()
        relevance = rules.scaled(old, rules.starts_of(rows["user_id"]))
        scores = (relevance - self._cost(rows, context)).astype(np.float32)
        order = rules.ordered(rows, scores)
        return rules.Reordered(order, scores[order], {"scores changed": int((scores != old).sum())})

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows out of order, or whose score less its cost is no relevance in 0..1."""
        import numpy as np

        from recli.kernels import rescoring, rules

        relevance = rows["score"].to_numpy() + self._cost(rows, context)
        outside = (relevance < -1e-6) | (relevance > 1 + 1e-6)
        starts = rules.starts_of(rows["user_id"])
        best = np.maximum.reduceat(relevance, starts[:-1]) if rows.height else np.ones(0)
        return rescoring.misplaced(rows) + int(outside.sum()) + int((best < 1 - 1e-6).sum())

    def _cost(self, rows: pl.DataFrame, context: Context) -> npt.NDArray[np.float64]:
        from recli.kernels import rescoring

        return self.strength * rescoring.popularity(rows["item_id"], context.popularity)
