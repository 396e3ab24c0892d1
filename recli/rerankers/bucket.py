"""Assign each user to a bucket of an A/B test, by a salted hash of the id.

A user is in the same bucket in every run, on every machine and whoever else is served; another
salt draws anew, independently. Later rules work on one bucket with --if "bucket = 'B'".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = (
    "recli rerank bucket candidates.parquet --salt spring-test --shares A=0.5,B=0.5 -o recs.parquet"
)


@dataclass(frozen=True)
class Bucket(Rule):
    """A column with the name of the bucket; the order of the lists stays."""

    FIRST_FIT: ClassVar[bool] = True
    STILL: ClassVar[bool] = True
    salt: Annotated[str, "Name of the test: another one draws other buckets."]
    shares: Annotated[str, "Names of the buckets and the share of users in each."] = "A=0.5,B=0.5"
    column: Annotated[str, "Column that the name is written to."] = "bucket"

    def faults(self) -> list[str]:
        """Shares that cannot be read, or do not make up a whole."""
        from math import isclose

        try:
            shares = self.parts
        except ValueError:
            return [f"--shares {self.shares} cannot be read: write A=0.5,B=0.5"]
        if len(shares) < len(self.shares.split(",")):
            return [f"--shares {self.shares} names a bucket twice"]
        if min(shares.values()) <= 0 or not isclose(sum(shares.values()), 1, abs_tol=1e-9):
            return [f"--shares {self.shares} must be positive and add up to 1"]
        if not self.column or self.column.startswith("("):
            return [f"--column '{self.column}' is no name for a column"]
        return []

    @property
    def parts(self) -> dict[str, float]:
        """The share of each bucket, in the order given."""
        pairs = [part.partition("=") for part in self.shares.split(",")]
        return {name.strip(): float(share) for name, _, share in pairs}

    def needs(self, context: Context) -> set[str]:
        """No column; one of that name may only hold these very buckets."""
        import polars as pl

        if context.columns.get(self.column, pl.String) != pl.String:
            raise self._taken()
        return {self.column} & set(context.columns)

    def adds(self) -> Mapping[str, type[pl.DataType]]:
        """The bucket."""
        import polars as pl

        return {self.column: pl.String}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """All rows with the bucket of their user."""
        import numpy as np

        from recli.kernels.rules import Reordered

        buckets = self._buckets(rows)
        if self.column in rows.columns and not rows[self.column].fill_null("").equals(buckets):
            raise self._taken()
        return Reordered(np.arange(rows.height), columns={self.column: buckets})

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of rows in another bucket than that of their user."""
        return int((rows[self.column] != self._buckets(rows)).sum())

    def _taken(self) -> RecliError:
        return RecliError(
            f"there is a column '{self.column}' with something else in it",
            "name another one: --column NAME",
            code=ExitCode.USAGE,
        )

    def _buckets(self, rows: pl.DataFrame) -> pl.Series:
        import hashlib

        import numpy as np
        import polars as pl

        from recli.kernels import hashing
        from recli.kernels.standing import list_numbers

        seed = int.from_bytes(hashlib.blake2b(self.salt.encode(), digest_size=8).digest(), "little")
        users = rows["user_id"].rle().struct.field("value")
        drawn = hashing.uniform([users], seed)
        ends = np.cumsum([*self.parts.values()])[:-1]  # what is left is the last one's
        names = pl.Series(self.column, [*self.parts])
        return names.gather(np.searchsorted(ends, drawn, "right")).gather(list_numbers(rows))
