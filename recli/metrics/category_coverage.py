"""Share of the values of a column that stand in the first k places of at least one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class CategoryCoverage:
    """Over the values that --items has; a value of a list column counts like any other."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "After Vargas et al., RecSys 2014"
    by: Annotated[str | None, "Column of --items; else its first list column."] = None

    def of_catalogue(self, exposure: Exposure) -> float:
        """Values that an item with any exposure carries, over all values there are."""
        carried = exposure.labels[self.by or ""]
        if not carried.shape[1]:
            return float("nan")
        shown = exposure.every[: carried.shape[0]] > 0
        return float((carried[shown].sum(axis=0) > 0).mean())
