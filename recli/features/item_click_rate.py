"""How often an item is clicked where it is shown, few impressions drawn to the rate of all."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from recli.fields import NOT_NEGATIVE
from recli.kernels.features import Columns, Items, OfItems, Table


@dataclass(frozen=True)
class ItemClickRate(OfItems):
    """(clicks + prior * rate of all) / (impressions + prior), and how many there are."""

    prior: Annotated[float, "Impressions at the rate of all that each has.", NOT_NEGATIVE] = 20.0

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Both want impressions."""
        return ("item_click_rate", "item_impressions") if columns.shown else ()

    def table(self, columns: Columns, items: Items) -> Table:
        """The rate is NaN where nothing at all was shown."""
        parts = [items.counts.drawn("clicked", "shown", self.prior), items.counts.of["shown"]]
        return np.stack(parts, axis=1).astype(np.float32)
