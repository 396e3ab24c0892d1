"""What the history says of items: how often and by how many users each was chosen."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels import popular
from recli.kernels.divergence import mixed
from recli.kernels.lists import Flags, Items, Numbers, Rows, Starts, Values
from recli.kernels.matrix import Matrix

Counts = npt.NDArray[np.int64]
Mix = tuple[Starts, Numbers, Values]  # shares of labels: codes and shares from start to start


@dataclass
class Past:
    """Weights and users of each item number, added up while the history streams by."""

    weights: Values = field(default_factory=lambda: np.zeros(0))  # [items]
    chosen: Counts = field(default_factory=lambda: np.zeros(0, np.int64))  # [items] users
    users: int = 0
    order: Numbers = field(default_factory=lambda: np.zeros(0, np.int32))  # by falling weight

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
        return -np.log2(self.choosers(items).clip(min=1) / max(self.users, 1))

    def choosers(self, items: int) -> Values:
        """Users who chose each item [items], 0 of those that came after the history."""
        return np.pad(self.chosen, (0, items - len(self.chosen))).astype(np.float64)

    def head(self, share: float, items: int) -> Flags:
        """Whether an item [items] is of the most popular that hold a share of the history.

        The item that passes the share is still of them.
        """
        weights = self.weights[self.order]
        above = np.cumsum(weights) - weights
        inside = np.zeros(items, np.bool_)
        inside[self.order[above < share * weights.sum()]] = True
        return inside

    def unseen(self, history: Rows, k: int, items: int) -> Rows:
        """The k most popular items that each user of a run has not chosen."""
        begin, end = int(history.starts[0]), int(history.starts[-1])
        chosen = history.items[begin:end]
        marks = np.ones(len(chosen), np.float32)
        shape = (len(history.starts) - 1, items)
        barred = Matrix((marks, chosen, history.starts - begin), shape=shape)
        barred.sort_indices()
        columns, _ = popular.first_k(self.order, self.weights, k, barred)
        lengths = (columns >= 0).sum(axis=1)
        return Rows(np.concatenate([[0], lengths.cumsum()]), columns[columns >= 0])


class Before:
    """What a run of users did before, and what follows from it, for all their lists alike."""

    def __init__(self, rows: Rows, past: Past, known: Items) -> None:
        self.rows, self.past, self.known = rows, past, known
        self._popular: dict[int, Rows] = {}
        self._mixes: dict[str, Mix] = {}

    def popular(self, k: int) -> Rows:
        """The k most popular items of the history that each user has not chosen."""
        if k not in self._popular:
            self._popular[k] = self.past.unseen(self.rows, k, self.known.count)
        return self._popular[k]

    def mix(self, by: str) -> Mix:
        """The mix of labels of what each user chose, row by row."""
        if by not in self._mixes:
            first, codes, labels = carried(self.known.labels[by])
            begin, end = self.rows.starts[[0, -1]]
            items = self.rows.items[begin:end]
            self._mixes[by] = mixed(self.rows.starts - begin, items, first, codes, labels)
        return self._mixes[by]


def carried(labels: sparse.csr_array) -> tuple[Starts, Numbers, int]:
    """Labels of items as compiled loops read them, and how many there are."""
    return labels.indptr.astype(np.int64), labels.indices.astype(np.int32), labels.shape[1]


@njit(cache=True)
def _choosers(starts, items, chosen, mark):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        for at in range(starts[user], starts[user + 1]):
            if mark[items[at]] != user:
                mark[items[at]] = user
                chosen[items[at]] += 1
