"""Part by one moment for everybody: what came before it trains, what came after tests.

No training row is later than any test row, and rows of one time stay together: all of them go
to the later part. The only split that asks what a model will be asked, to foretell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import ExitCode, RecliError
from recli.kernels.moments import micros
from recli.registry import flag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt
    import polars as pl


@dataclass(frozen=True)
class Time:
    """A global cut in time, given as a moment or as a share of the rows."""

    parts: ClassVar[tuple[str, ...]] = ("train", "valid", "test")
    needs: ClassVar[tuple[str, ...]] = ("timestamp",)
    leaks: ClassVar[str] = ""

    at: Annotated[str | None, "First moment of the test rows, such as 2020-01-01 (UTC)."] = None
    test_share: Annotated[str | None, "Share of the rows to test on; 20% without --at."] = None
    valid_at: Annotated[str | None, "First moment of the validation rows, before --at."] = None
    valid_share: Annotated[str | None, "Share of the rows to validate on; 10%."] = None

    def __post_init__(self) -> None:
        from recli.kernels.shares import share

        for one, other in (("at", "test_share"), ("valid_at", "valid_share")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                flags = f"--{one} and --{other}".replace("_", "-")
                raise RecliError(f"both {flags}", "give one of them", code=ExitCode.USAGE)
        for name in ("test_share", "valid_share"):
            if (word := getattr(self, name)) is not None:
                share(flag(name), word)
        moments = [micros(name, word) for name, word in self._given() if word is not None]
        if moments != sorted(set(moments)):
            raise RecliError("--valid-at is not before --at", code=ExitCode.USAGE)

    def _given(self) -> list[tuple[str, str | None]]:
        return [("--valid-at", self.valid_at), ("--at", self.at)]

    def plan(
        self,
        batches: Callable[[list[str]], Iterator[pl.DataFrame]],
        rows: int,
        *,
        valid: bool,
    ) -> Callable[[pl.DataFrame], pl.Series]:
        """Part numbers by the cuts: rows from a cut on go to the later part."""
        import numpy as np
        import polars as pl

        cuts = self._cuts(batches, rows, valid=valid)

        def assign(block: pl.DataFrame) -> pl.Series:
            times = block["timestamp"].to_physical().to_numpy()
            number = np.searchsorted(np.array(cuts), times, side="right")
            return pl.Series(number if valid else number * 2, dtype=pl.Int8)

        return assign

    def _cuts(
        self,
        batches: Callable[[list[str]], Iterator[pl.DataFrame]],
        rows: int,
        *,
        valid: bool,
    ) -> list[int]:
        """The cuts in microseconds since 1970, ascending."""
        from recli.kernels.quantile import nth
        from recli.kernels.shares import share

        def times() -> Iterator[npt.NDArray[np.int64]]:
            for batch in batches(["timestamp"]):
                yield batch["timestamp"].to_physical().to_numpy()

        late = share("--test-share", self.test_share or "20%")
        middle = share("--valid-share", self.valid_share or "10%")
        if self.at is not None:
            cut = micros("--at", self.at)
            late = sum(int((batch >= cut).sum()) for batch in times()) / max(rows, 1)
        else:
            cut = nth(times, int(rows * (1 - late)))
        if not valid:
            return [cut]
        if self.valid_at is not None:
            first = micros("--valid-at", self.valid_at)
            if first >= cut:
                raise RecliError(f"--valid-at {self.valid_at} is not before the test rows")
            return [first, cut]
        return [nth(times, max(0, int(rows * (1 - late - middle)))), cut]
