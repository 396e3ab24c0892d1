"""Drop pairs of a user and an item that another table names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recli.errors import ExitCode, RecliError
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = "recli rerank exclude candidates.parquet --pairs test.parquet -o recs.parquet"


@dataclass(frozen=True)
class Exclude(Rule):
    """Drops what --pairs holds, any table with user_id and item_id, such as what was bought."""

    FIRST_FIT: ClassVar[bool] = True

    @property
    def reads(self) -> frozenset[str]:
        """The pairs."""
        return frozenset({"pairs"})

    def needs(self, context: Context) -> set[str]:
        """No column; the pairs themselves."""
        if "pairs" not in context.given:
            raise RecliError(
                "exclude is not told what to drop",
                "give --pairs TABLE with user_id and item_id",
                code=ExitCode.USAGE,
            )
        return set()

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows that --pairs does not hold, in their order."""
        from recli.kernels.rules import Reordered

        numbered = rows.select("user_id", "item_id").with_row_index("(row)")
        kept = numbered.join(
            self._pairs(context), on=["user_id", "item_id"], how="anti", maintain_order="left"
        )
        return Reordered(kept["(row)"].to_numpy().astype("int64"))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of emitted rows that --pairs holds."""
        return rows.join(self._pairs(context), on=["user_id", "item_id"], how="semi").height

    def _pairs(self, context: Context) -> pl.DataFrame:
        if context.pairs is None:
            raise TypeError("the stage reads what a rule says that it reads")
        return context.pairs.select("user_id", "item_id")
