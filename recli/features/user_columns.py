"""The columns of the users table: numbers, categories, days since a date, members of lists."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_columns import Levels, encode, levels
from recli.kernels.features_lists import Lists


@dataclass(frozen=True)
class UserColumns(OfUsers):
    """What is known of a user, whatever she did."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Of each column, after `users.`."""
        return tuple(name for column in columns.users for name in column.names("users"))

    def levels(self, columns: Columns) -> Levels:
        """Those of categories."""
        return levels(columns.users, "users")

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """NaN where a value is missing."""
        return encode(columns.users, rows, lists.moments)
