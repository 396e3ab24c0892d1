"""Hold back the last rows of every user, by time.

Where the table has no times the order of its rows stands for them, as in files that list the
items of a user in order. Users with too few rows to keep one for training stay in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl


@dataclass(frozen=True)
class LeaveLast:
    """The last rows of a user test, those before them validate, the others train."""

    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test")
    needs: ClassVar[tuple[str, ...]] = ()
    leaks: ClassVar[str] = "training rows of one user may be later than test rows of another"

    last: Annotated[int, "Rows of each user to hold back for each part."] = 1

    def __post_init__(self) -> None:
        if self.last < 1:
            raise RecliError(f"--last {self.last}", "give 1 or more", code=ExitCode.USAGE)

    def plan(
        self,
        batches: Callable[[list[str]], Iterator[pl.DataFrame]],
        rows: int,
        *,
        valid: bool,
    ) -> Callable[[pl.DataFrame], pl.Series]:
        """Part numbers by the place from each user's end."""
        import numpy as np
        import polars as pl

        from recli.kernels.parting import from_end, lengths

        held = self.last * (2 if valid else 1)

        def assign(block: pl.DataFrame) -> pl.Series:
            left = from_end(block["user_id"])
            number = np.where(left < self.last, 2, np.where(left < held, 1, 0))
            number[lengths(block["user_id"]) <= held] = 0
            return pl.Series(number, dtype=pl.Int8)

        return assign
