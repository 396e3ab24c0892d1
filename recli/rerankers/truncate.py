"""Cut lists to a length, or to the rows with scores that are high enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1
from recli.kernels.rule import Claim, Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = "recli rerank truncate candidates.parquet --to 20 -o recs.parquet"


@dataclass(frozen=True)
class Truncate(Rule):
    """Keeps the order; a list none of whose scores is high enough ends up empty."""

    FIRST_FIT: ClassVar[bool] = True
    to: Annotated[int | None, "Most items of a list.", AT_LEAST_1] = None
    min_score: Annotated[float | None, "Least score of a row that stays."] = None

    def faults(self) -> list[str]:
        """Nothing to do."""
        idle = self.to is None and self.min_score is None
        return ["nothing to do: give --to or --min-score"] if idle else []

    @property
    def claim(self) -> Claim:
        """The length."""
        return Claim(length=self.to)

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The first rows of those with high scores."""
        import numpy as np

        from recli.kernels.rules import Reordered
        from recli.kernels.standing import list_numbers

        high = np.ones(rows.height, np.bool_)
        if self.min_score is not None:
            high = rows["score"].to_numpy() >= self.min_score
        if self.to is not None:
            lists = list_numbers(rows)
            before = np.concatenate([[0], np.cumsum(high)])
            starts = np.searchsorted(lists, lists)
            high &= before[:-1] - before[starts] < self.to
        return Reordered(np.flatnonzero(high))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows too far down, or with too low a score."""
        wrong = rows["rank"] > (rows.height if self.to is None else self.to)
        if self.min_score is not None:
            wrong |= rows["score"] < self.min_score
        return int(wrong.sum())
