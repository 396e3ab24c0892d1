"""When it is: the hour, the day of the week, the season and the part of the year, in UTC."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from recli.kernels.features import Columns, OfUsers, Table
from recli.kernels.features_columns import Levels
from recli.kernels.features_lists import Lists
from recli.kernels.matrix import DAY

HOUR = DAY // 24
THURSDAY = 3  # of the week that begins on Monday: 1 January 1970
NAMES = ("hour", "weekday", "season", "year_part")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEASONS = ("dec-feb", "mar-may", "jun-aug", "sep-nov")  # what they are called hangs on the place


@dataclass(frozen=True)
class Clock(OfUsers):
    """The moment of a list. The same for all lists, and of no use, where all have one moment."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want moments."""
        return NAMES if columns.timed and columns.many else ()

    def levels(self, columns: Columns) -> Levels:
        """All but the part of the year."""
        if not self.names(columns):
            return {}
        hours = tuple(str(hour) for hour in range(24))
        return {"hour": hours, "weekday": DAYS, "season": SEASONS}

    def codes(self, columns: Columns) -> tuple[str, ...]:
        """None: all have an order."""
        return ()

    def table(self, columns: Columns, known: Any, lists: Lists, rows: pl.DataFrame) -> Table:
        """Hours from 0, Monday is 0, the place in SEASONS, and 0 to 1 through the year."""
        moments = lists.moments.astype("datetime64[us]")
        years = moments.astype("datetime64[Y]")
        through = (moments - years) / ((years + 1).astype("datetime64[us]") - years)
        days = lists.moments // DAY
        months = (moments.astype("datetime64[M]") - years.astype("datetime64[M]")).astype(np.int64)
        seasons = (months + 1) // 3 % 4
        parts = [lists.moments % DAY // HOUR, (days + THURSDAY) % 7, seasons, through]
        return np.stack(parts, axis=1).astype(np.float32)
