"""How well an item is rated, few ratings drawn to the mean of all."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from recli.fields import NOT_NEGATIVE
from recli.kernels.features import Columns, Items, OfItems, Table


@dataclass(frozen=True)
class ItemRating(OfItems):
    """(sum of ratings + prior * mean of all) / (count + prior), and how many there are."""

    prior: Annotated[float, "Ratings of the mean that each item is given.", NOT_NEGATIVE] = 5.0

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Both want ratings."""
        return ("item_rating", "item_ratings") if columns.rated else ()

    def table(self, columns: Columns, items: Items) -> Table:
        """The mean is NaN where nothing at all is rated."""
        parts = [items.counts.rating(self.prior), items.counts.of["rated"]]
        return np.stack(parts, axis=1).astype(np.float32)
