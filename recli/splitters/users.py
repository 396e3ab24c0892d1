"""Hold back whole users: test on people the model has never seen.

Strong generalisation (Marlin, "Collaborative filtering: a machine learning perspective", 2004):
the earlier rows of a held-out user are the history that a model is shown, the last ones test
it. Users with a single row stay in training, for they cannot be both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

EXAMPLE = (
    "recli split users interactions.parquet --train train.parquet "
    "--history history.parquet --test test.parquet"
)


@dataclass(frozen=True)
class Users:
    """Users are drawn by a hash of their id; their last rows are held out."""

    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test", "history")
    needs: ClassVar[tuple[str, ...]] = ()
    leaks: ClassVar[str] = "training rows of some users may be later than test rows of others"

    test_share: Annotated[str, "Share of the users to test on."] = "10%"
    valid_share: Annotated[str, "Share of the users to validate on, where asked for."] = "10%"
    hold_out_last: Annotated[str, "Share of a held-out user's rows that are held out."] = "20%"
    seed: Annotated[int, "Seed of everything random."] = 0

    def __post_init__(self) -> None:
        from recli.kernels.shares import late_and_middle, share

        share("--hold-out-last", self.hold_out_last)
        late_and_middle(self.test_share, self.valid_share)

    def plan(
        self,
        batches: Callable[[list[str]], Iterator[pl.DataFrame]],
        rows: int,
        *,
        valid: bool,
    ) -> Callable[[pl.DataFrame], pl.Series]:
        """Part numbers by the hash of the user and the place from the user's end."""
        import numpy as np
        import polars as pl

        from recli.kernels.hashing import uniform
        from recli.kernels.parting import from_end, lengths
        from recli.kernels.shares import late_and_middle, share

        late, middle = late_and_middle(self.test_share, self.valid_share)
        middle = middle if valid else 0.0
        held_out = share("--hold-out-last", self.hold_out_last)

        def assign(block: pl.DataFrame) -> pl.Series:
            chance = uniform([block["user_id"]], self.seed)
            count = lengths(block["user_id"])
            part = np.where(chance < late, 2, np.where(chance < late + middle, 1, 0))
            part[count < 2] = 0
            tested = np.clip(np.rint(count * held_out), 1, np.maximum(count - 1, 1))
            early = (part > 0) & (from_end(block["user_id"]) >= tested)
            return pl.Series(np.where(early, 3, part), dtype=pl.Int8)

        return assign
