"""The columns of the items table: numbers, categories, days since a date, members of lists."""

from dataclasses import dataclass

from recli.kernels.features import Columns, Items, OfItems, Table
from recli.kernels.features_columns import Levels, encode, levels


@dataclass(frozen=True)
class ItemColumns(OfItems):
    """What is known of an item, whatever people did with it."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Of each column, after `items.`; words have none."""
        return tuple(name for column in columns.items for name in column.names("items"))

    def levels(self, columns: Columns) -> Levels:
        """Those of categories."""
        return levels(columns.items, "items")

    def table(self, columns: Columns, items: Items) -> Table:
        """NaN where a value is missing."""
        return encode(columns.items, items.rows, items.moments)
