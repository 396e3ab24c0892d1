"""What the history says of items: how often and by how many users each was chosen."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.lists import Rows, Values

Counts = npt.NDArray[np.int64]


@dataclass
class Past:
    """Weights and users of each item number, added up while the history streams by."""

    weights: Values = field(default_factory=lambda: np.zeros(0))  # [items]
    chosen: Counts = field(default_factory=lambda: np.zeros(0, np.int64))  # [items] users
    users: int = 0

    def add(self, rows: Rows, weights: npt.NDArray[np.float32], items: int) -> None:
        """Add the history of a run of users; `items` numbers are known by now."""
        more = max(items - len(self.weights), 0)
        self.weights = np.pad(self.weights, (0, more))
        self.chosen = np.pad(self.chosen, (0, more))
        # One by one in the order of the table: no bit depends on how it was cut.
        np.add.at(self.weights, rows.items, weights.astype(np.float64))
        _choosers(rows.starts, rows.items, self.chosen, np.full(len(self.chosen), -1, np.int32))
        self.users += len(rows.starts) - 1

    def information(self, items: int) -> Values:
        """Bits [items] of each item: -log2 of the share of users who chose it, at least one."""
        chosen = np.ones(items)
        chosen[: len(self.chosen)] = self.chosen.clip(min=1)
        return -np.log2(chosen / max(self.users, 1))


@njit(cache=True)
def _choosers(starts, items, chosen, mark):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        for at in range(starts[user], starts[user + 1]):
            if mark[items[at]] != user:
                mark[items[at]] = user
                chosen[items[at]] += 1
