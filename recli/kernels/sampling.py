"""Items drawn for positives: from pools with weights, never one that its user is known to like."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.fields import Declared
from recli.kernels.negatives import TRIES, position
from recli.kernels.splitmix import GOLDEN, fraction, scramble

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]
Csr = tuple[Longs, Ints]  # starts and items


@dataclass(frozen=True)
class Positives:
    """What users of a block chose, and what may be drawn from."""

    users: Longs  # [rows] rising
    items: Ints  # [rows]
    counts: Doubles  # [items] how often each item was chosen by anybody
    shown: Csr  # by user: what was shown, sorted by item
    near: Csr  # by group: candidates of a user, or neighbours of an item, sorted by item
    near_groups: Longs  # [rows] group of each positive


@dataclass(frozen=True)
class Pool:
    """Items to draw from. Row r draws from group groups[r], in proportion to weights."""

    groups: Longs  # [rows]
    starts: Longs  # [groups + 1]
    items: Ints  # [cells] sorted within a group
    weights: Doubles  # [cells]

    @property
    def mass(self) -> Doubles:
        """Running sum of the weights [cells]."""
        return np.cumsum(self.weights)


class Sampler(Declared, ABC):
    """A way to draw negatives."""

    NEEDS: tuple[tuple[str, ...], ...] = ()  # tables, by their options; of each, any will do

    @abstractmethod
    def pool(self, positives: Positives) -> Pool:
        """What each positive draws from."""


def by_group(rows: Longs, csr: Csr) -> Pool:
    """A pool in which each item of a group weighs the same."""
    return Pool(rows, *csr, np.ones(len(csr[1])))


def drawn(
    pools: list[Pool], shares: Doubles, positives: Positives, known: Csr, states: Longs, ratio: int
) -> tuple[Ints, Ints]:
    """Items [rows, ratio] and the pool of each, -1 where none was found in TRIES draws.

    Each is drawn from a pool that is drawn by its share. `known` by user is never drawn, nor an
    item twice for a row. The draws of a row hang on its state [rows] alone.
    """
    found = np.full((2, len(positives.users), ratio), -1, np.int32)
    edges = np.cumsum(shares) / shares.sum()
    filled = [(pool.groups, pool.starts, pool.items, pool.mass) for pool in pools]
    lots = states.astype(np.uint64)
    # One call a pool, with the same lots: each fills the places that fell to it.
    for at, (groups, starts, items, mass) in enumerate(filled):
        ends = (edges[at - 1] if at else 0.0, edges[at])
        _draw(at, ends, groups, starts, items, mass, positives.users, *known, lots, found)
    return found[0], found[1]


def log_chance(pools: list[Pool], shares: Doubles, rows: Longs, items: Ints) -> Doubles:
    """Logarithm of the chance that one draw of a row is an item [pairs], -inf where never."""
    total = np.zeros(len(rows))
    for share, pool in zip(shares / shares.sum(), pools, strict=True):
        _add_chance(share, pool.groups, pool.starts, pool.items, pool.mass, rows, items, total)
    with np.errstate(divide="ignore"):
        return np.log(total)


@njit(cache=True, nogil=True)
def _draw(  # type: ignore[no-untyped-def]
    at, ends, groups, starts, items, mass, users, known_starts, known_items, lots, found
):
    for row in range(len(users)):
        begin, end = starts[groups[row]], starts[groups[row] + 1]
        base = mass[begin - 1] if begin > 0 else 0.0
        total = mass[end - 1] - base if end > begin else 0.0
        low, high = known_starts[users[row]], known_starts[users[row] + 1]
        for slot in range(found.shape[2]):
            # A stream of its own for each place, so that no pool moves another's draws.
            state = lots[row] + np.uint64(slot + 1) * np.uint64(0xD1B54A32D192ED03)
            state += GOLDEN
            lot = fraction(scramble(state))
            if not (ends[0] <= lot < ends[1]) or total <= 0.0:
                continue
            for _ in range(TRIES):
                state += GOLDEN
                cell = position(mass, base + (1.0 - fraction(scramble(state))) * total, begin, end)
                item = items[min(cell, end - 1)]
                place = position(known_items, item, low, high)
                if place < high and known_items[place] == item:
                    continue
                twice = False
                for other in range(found.shape[2]):
                    twice |= found[0, row, other] == item
                if not twice:
                    found[0, row, slot], found[1, row, slot] = item, at
                    break


@njit(cache=True, nogil=True)
def _add_chance(share, groups, starts, items, mass, rows, asked, total):  # type: ignore[no-untyped-def]
    for pair in range(len(rows)):
        begin, end = starts[groups[rows[pair]]], starts[groups[rows[pair]] + 1]
        cell = position(items, asked[pair], begin, end)
        if cell < end and items[cell] == asked[pair]:
            base = mass[begin - 1] if begin > 0 else 0.0
            below = mass[cell - 1] if cell > 0 else 0.0
            total[pair] += share * (mass[cell] - below) / (mass[end - 1] - base)
