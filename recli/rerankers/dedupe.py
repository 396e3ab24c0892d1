"""Drop items that repeat what stands above them: same title, same creator, or vectors too near."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, Range
from recli.kernels.rule import Rule

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from recli.kernels.rules import Context, Reordered

EXAMPLE = "recli rerank dedupe candidates.parquet --items items.parquet --by title -o recs.parquet"


@dataclass(frozen=True)
class Dedupe(Rule):
    """The first of a list stays; an item without a value, or without a vector, is like no other.

    Text is compared without case and without blanks around it; of a list column, one value in
    common is enough.
    """

    FIRST_FIT: ClassVar[bool] = True
    by: Annotated[str | None, "Column of which a value is to stand only so often."] = None
    max: Annotated[int, "How often it may, with --by.", AT_LEAST_1] = 1
    nearness: Annotated[
        float,
        "Cosine of --model's vectors from which on two items are one.",
        Range(above=0, most=1),
    ] = 0.95

    def faults(self) -> list[str]:
        """What the other way to compare would ask for."""
        if self.by is None:
            return [] if self.max == 1 else ["--max goes with --by"]
        return [] if self.nearness == type(self).nearness else ["--nearness goes with --model"]

    @property
    def reads(self) -> frozenset[str]:
        """Vectors of items, unless a column tells what is alike."""
        return frozenset({"vectors"} if self.by is None else ())

    def needs(self, context: Context) -> set[str]:
        """The column, or none where a model is given."""
        if (self.by is None) == (context.vectors is None):
            raise RecliError(
                "dedupe compares by a column or by vectors",
                "give --by COLUMN, or --model MODEL with item vectors, one of them",
                code=ExitCode.USAGE,
            )
        if self.by is None:
            return set()
        context.need(self.by)
        return {self.by}

    def apply(self, rows: pl.DataFrame, context: Context) -> Reordered:
        """The rows that repeat nothing, in their order."""
        import numpy as np

        from recli.kernels import greedy
        from recli.kernels.rules import Reordered, starts_of

        starts = starts_of(rows["user_id"])
        if self.by is None:
            numbers, vectors = self._vectors(rows, context)
            kept = greedy.apart(starts, numbers, vectors, self.nearness)
        else:
            kept = greedy.seldom(starts, *self._codes(rows), self.max)
        return Reordered(np.flatnonzero(kept))

    def broken(self, rows: pl.DataFrame, context: Context) -> int:
        """Number of values that stand too often, or of rows too near to one above them."""
        from recli.kernels.rules import starts_of
        from recli.kernels.standing import standing

        if self.by is not None:
            found = standing(rows, self._codes(rows), rows.height)
            return int((found.all > self.max).sum())
        numbers, vectors = self._vectors(rows, context)
        # Rounding may differ between this product and that of the loop.
        most = self.nearness + 1e-5
        starts = starts_of(rows["user_id"]).tolist()
        near = 0
        for begin, end in pairwise(starts):
            own = vectors[numbers[begin:end]]
            near += int(((own @ own.T) * _above(end - begin) >= most).sum())
        return near

    def _codes(self, rows: pl.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        import polars as pl

        from recli.kernels.rules import codes_of

        values = rows[str(self.by)]
        if values.dtype == pl.String:
            values = values.str.strip_chars().str.to_lowercase()
        elif values.dtype == pl.List(pl.String):
            values = values.list.eval(pl.element().str.strip_chars().str.to_lowercase())
        return codes_of(values)

    def _vectors(
        self, rows: pl.DataFrame, context: Context
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        from recli.kernels.rules import vectors_of

        return vectors_of(rows["item_id"], context)


def _above(count: int) -> npt.NDArray[np.float32]:
    """1 for each pair of a row and one above it [rows, rows], else 0."""
    import numpy as np

    return np.tril(np.ones((count, count), np.float32), -1)
