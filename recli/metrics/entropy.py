"""How evenly the lists expose the items: Shannon entropy of their shares of the places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.exposure import Exposure


@dataclass(frozen=True)
class Entropy:
    """Over the items of --items, or else those of --history; items never shown add nothing."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items or history",)
    RANGE: ClassVar[str] = "0 to log2 of the items; a share: 0 to 1"
    SOURCE: ClassVar[str] = "Shannon, Bell System Technical Journal 1948"
    scale: Annotated[
        Literal["bits", "share", "shown"],
        "Bits; a share of what the catalogue allows; or natural units for each item shown.",
    ] = "bits"

    def of_catalogue(self, exposure: Exposure) -> float:
        """Sum of -p log p over items, p an item's share of all places that items stand in."""
        import numpy as np

        shown = exposure.shown[exposure.shown > 0]
        if not len(shown):
            return float("nan")
        shares = shown / shown.sum()
        bits = float(-(shares * np.log2(shares)).sum())
        if self.scale == "bits":
            return bits
        if self.scale == "shown":
            return bits * float(np.log(2)) / len(shown)
        return bits / float(np.log2(exposure.size)) if exposure.size > 1 else float("nan")
