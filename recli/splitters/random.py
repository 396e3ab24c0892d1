"""Part pairs of user and item at random, by a seed.

Chance is a hash of the ids and the seed, so that the order of rows, the number of threads and
the other rows change nothing; all rows of one pair go to one part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl


@dataclass(frozen=True)
class Random:
    """Each pair goes to a part with that part's probability."""

    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test")
    needs: ClassVar[tuple[str, ...]] = ()
    leaks: ClassVar[str] = "training rows may be later than test rows"

    test_share: Annotated[str, "Share of the pairs to test on."] = "20%"
    valid_share: Annotated[str, "Share of the pairs to validate on, where asked for."] = "10%"
    seed: Annotated[int, "Seed of everything random."] = 0

    def __post_init__(self) -> None:
        from recli.kernels.shares import late_and_middle

        late_and_middle(self.test_share, self.valid_share)

    def plan(
        self,
        batches: Callable[[list[str]], Iterator[pl.DataFrame]],
        rows: int,
        *,
        valid: bool,
    ) -> Callable[[pl.DataFrame], pl.Series]:
        """Part numbers by the hash of the pair."""
        import numpy as np
        import polars as pl

        from recli.kernels.hashing import uniform
        from recli.kernels.shares import late_and_middle

        late, middle = late_and_middle(self.test_share, self.valid_share)
        middle = middle if valid else 0.0

        def assign(block: pl.DataFrame) -> pl.Series:
            chance = uniform([block["user_id"], block["item_id"]], self.seed)
            number = np.where(chance < late, 2, np.where(chance < late + middle, 1, 0))
            return pl.Series(number, dtype=pl.Int8)

        return assign
