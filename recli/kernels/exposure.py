"""How all lists together share out places among items."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.kernels.lists import Lists, Rows, Values

Counts = npt.NDArray[np.int64]
UNIT = 1 << 30  # attention is added in whole parts of it: no bit depends on how users were cut


def none() -> Counts:
    """Nothing of no item."""
    return np.zeros(0, np.int64)


@dataclass
class Exposure:
    """What a metric of the catalogue is given: sums over all users, of their first k places."""

    every: Counts  # [items] users in whose first k places an item stands, also past the catalogue
    size: int  # items of the catalogue come first
    k: int = 1
    lists: int = 0  # users with a list
    attended: Counts = field(default_factory=none)  # [items] sum of 1 / log2(place + 1), in UNIT
    wanted: Counts = field(default_factory=none)  # [items] users of truth to whom it is relevant
    labels: Mapping[str, sparse.csr_array] = field(default_factory=dict)  # [items, values]
    padding: int = 0  # items beside those of the catalogue, which stand nowhere

    @property
    def shown(self) -> Counts:
        """Users in whose first k places each item of the catalogue stands [size + padding]."""
        return np.pad(self.every[: self.size], (0, self.padding))

    @property
    def attention(self) -> Values:
        """What places are worth that each item of the catalogue stands in [size]."""
        return self.attended[: self.size] / UNIT

    def add(self, lists: Lists) -> None:
        """Add the lists of a run of users."""
        first = lists.first(self.k)
        items = lists.known.count
        there = first.items[first.there]
        worth = np.rint(UNIT / np.log2(np.arange(first.items.shape[1]) + 2))
        worths = np.broadcast_to(worth, first.items.shape)[first.there]
        self.every = grown(self.every, items) + np.bincount(there, minlength=items)
        # Whole numbers under 2 ** 53: their sums are exact.
        attended = np.bincount(there, worths, minlength=items).astype(np.int64)
        self.attended = grown(self.attended, items) + attended
        self.lists += int(first.there.any(axis=1).sum())


def grown(counts: Counts, items: int) -> Counts:
    """Counts [items], 0 of those that are new."""
    return np.pad(counts, (0, items - len(counts)))


def by_label(amounts: npt.NDArray[np.generic], carried: sparse.csr_array) -> Values:
    """Amounts [items] as those of their labels [labels], in equal parts where there are several."""
    parts = np.diff(carried.indptr)
    each = np.repeat(amounts[: len(parts)] / parts.clip(min=1), parts)
    return np.bincount(carried.indices, each, minlength=carried.shape[1]).astype(np.float64)


def wanted(truth: Rows, gains: Values, items: int) -> Counts:
    """Users of a run to whom each item is relevant [items]."""
    counts = np.zeros(items, np.int64)
    _wanted(truth.starts, truth.items, gains, counts, np.full(items, -1, np.int32))
    return counts


@njit(cache=True)
def _wanted(starts, items, gains, counts, mark):  # type: ignore[no-untyped-def]
    for user in range(len(starts) - 1):
        for at in range(starts[user], starts[user + 1]):
            if gains[at] > 0 and mark[items[at]] != user:
                mark[items[at]] = user
                counts[items[at]] += 1
