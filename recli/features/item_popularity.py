"""How popular an item is, of all time and lately, and whether it rises."""

from dataclasses import dataclass

import numpy as np

from recli.kernels.features import Columns, Items, OfItems, Table
from recli.kernels.features_counts import WINDOWS

TREND = 7  # days of the window that is held against all time


@dataclass(frozen=True)
class ItemPopularity(OfItems):
    """Shares of all events, so that they mean the same for a long and for a short history."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Of all time; with times of each window, and the trend."""
        if not columns.met:
            return ()
        recent = [f"item_popularity_{days}d" for days in WINDOWS]
        return ("item_popularity", *([*recent, "item_trend"] if columns.timed else []))

    def table(self, columns: Columns, items: Items) -> Table:
        """The trend is the share of lately over the share of all time."""
        share = items.counts.share("events")
        parts = [share]
        if columns.timed:
            parts += [items.counts.share(f"{days}d") for days in WINDOWS]
            rising = parts[1 + WINDOWS.index(TREND)]
            parts.append(np.divide(rising, share, out=np.full(len(share), np.nan), where=share > 0))
        return np.stack(parts, axis=1).astype(np.float32)
