"""Since when an item is met, and since when it is not met any more."""

from dataclasses import dataclass

import numpy as np

from recli.kernels.features import Columns, Items, OfItems, Table
from recli.kernels.matrix import DAY


@dataclass(frozen=True)
class ItemAge(OfItems):
    """Days since the first event and since the last."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Both want times."""
        return ("item_age_days", "item_quiet_days") if columns.timed else ()

    def table(self, columns: Columns, items: Items) -> Table:
        """NaN for an item without an event."""
        parts = [(items.moments - items.counts.of[end]) / DAY for end in ("first", "last")]
        return np.stack(parts, axis=1).astype(np.float32)
