"""Share of the catalogue that stands in the first k places of at least one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class Coverage:
    """Over the items of --items, or else those of --history."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items or history",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Herlocker et al., TOIS 2004 (catalogue coverage)"

    def of_catalogue(self, exposure: Exposure) -> float:
        """Items with any exposure over all items."""
        return float((exposure.shown > 0).mean())
