"""Compiled loops over visits in a world of known tastes: what is best, met by chance, clicked.

What chance decides hangs on the seed, the round, the user and the item or place alone: two
policies that show the same item to the same user in a round get the same answer, so that what
differs between them is what they show.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.splitmix import GOLDEN, fraction, scramble

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]

LOOK, CLICK, MEET = 1, 2, 3  # what a lot is drawn for


def utility(
    people: Doubles, things: Doubles, appeal: Doubles, users: Longs, items: Longs
) -> Doubles:
    """How likely each user clicks each item [pairs], once it is looked at."""
    out = np.empty(len(users))
    _utility(people, things, appeal, users, items, out)
    return out


def visited(
    utility: Doubles, users: Longs, items: Longs, places: Longs, luck: tuple[int, int]
) -> tuple[Flags, Flags]:
    """Which shown items [rows] are looked at, and which of these are clicked.

    A place, from 1, is looked at with a chance of 1 / log2(place + 1). `luck` is the seed and
    the round.
    """
    looked, clicked = np.zeros(len(users), np.bool_), np.zeros(len(users), np.bool_)
    _visit(utility, users, items, places, *luck, looked, clicked)
    return looked, clicked


def strangers(offered: Longs, live: Longs, count: int, luck: tuple[int, int]) -> Longs:
    """So many other items [users, count] of `live` beside those `offered` [users, any] already.

    All of them alike are drawn, none twice; there must be so many left.
    """
    out = np.empty((len(offered), count), np.int64)
    most = int(live[-1]) + 1 if len(live) else 0
    _meet(offered, live, *luck, np.full(most, -1, np.int64), out)
    return out


@njit(cache=True, nogil=True)
def _lot(seed, number, kind, user, other):  # type: ignore[no-untyped-def]
    """A number in [0, 1)."""
    hashed = scramble(np.uint64(seed) + GOLDEN)
    hashed = scramble((hashed ^ np.uint64(number)) + GOLDEN)
    hashed = scramble((hashed ^ np.uint64(kind)) + GOLDEN)
    hashed = scramble((hashed ^ np.uint64(user)) + GOLDEN)
    return fraction(scramble((hashed ^ np.uint64(other)) + GOLDEN))


@njit(cache=True, nogil=True)
def _odds(people, things, appeal, user, item):  # type: ignore[no-untyped-def]
    odds = appeal[item]
    for at in range(people.shape[1]):
        odds += people[user, at] * things[item, at]
    return odds


@njit(cache=True, nogil=True)
def _utility(people, things, appeal, users, items, out):  # type: ignore[no-untyped-def]
    for row in range(len(users)):
        out[row] = 1 / (1 + np.exp(-_odds(people, things, appeal, users[row], items[row])))


@njit(cache=True, nogil=True)
def best(people, things, appeal, live, k, out):  # type: ignore[no-untyped-def]
    """Writes the utilities of the best k of some items, added up, for each user: [users]."""
    top = np.empty(min(k, len(live)))  # falling
    for user in range(len(people)):
        top[:] = -np.inf
        for item in live:
            odds = _odds(people, things, appeal, user, item)
            if odds <= top[-1]:
                continue
            at = len(top) - 1
            while at > 0 and top[at - 1] < odds:
                top[at] = top[at - 1]
                at -= 1
            top[at] = odds
        total = 0.0
        for odds in top:
            total += 1 / (1 + np.exp(-odds))
        out[user] = total


@njit(cache=True, nogil=True)
def _visit(  # type: ignore[no-untyped-def]
    utility, users, items, places, seed, number, looked, clicked
):
    for row in range(len(users)):
        look = _lot(seed, number, LOOK, users[row], places[row])
        looked[row] = look < 1 / np.log2(places[row] + 1.0)
        if looked[row]:
            clicked[row] = _lot(seed, number, CLICK, users[row], items[row]) < utility[row]


@njit(cache=True, nogil=True)
def _meet(offered, live, seed, number, held, out):  # type: ignore[no-untyped-def]
    for user in range(len(offered)):
        for item in offered[user]:
            held[item] = user
        found = turn = 0
        while found < out.shape[1]:
            item = live[int(_lot(seed, number, MEET, user, turn) * len(live))]
            if held[item] != user:
                held[item] = user
                out[user, found] = item
                found += 1
            turn += 1
