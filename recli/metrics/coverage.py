"""Share of the catalogue that stands in the first k places of at least one user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Exposure


@dataclass(frozen=True)
class Coverage:
    """Over the items of --items, or else those of --history."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items", "history")

    def of_catalogue(self, exposure: Exposure) -> float:
        """Items with any exposure over all items."""
        return float((exposure > 0).mean())
