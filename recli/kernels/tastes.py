"""A world whose tastes are known: how likely each user is to click what she looks at.

The log odds of a click are an item's appeal plus the product of tastes, user by item. Appeal has
a long tail: it falls exponentially with an item's place. What users met before the loop was drawn
by fame, which is appeal seen through noise, and long-tailed too: what a log tells of the world is
what somebody once chose to show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recli.kernels import visits

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

RANK = 8  # numbers of a taste
RARE, SPREAD = -3.0, 0.5  # log odds of the plainest item, and what they rise by per e of places
BLUR = 0.7  # noise between appeal and fame
MET = 30  # items that each user looked at before the loop
WITHIN = 0.6  # share of the rounds in which new items come out


@dataclass(frozen=True)
class Size:
    """What a world is made of."""

    users: int
    items: int
    rounds: int
    new: float  # share of the items that come out in the course of the rounds
    taste: float  # spread of tastes in log odds; 0: all users are alike


@dataclass(frozen=True, eq=False)
class World:
    """Users and items; the items are the same for everybody but for tastes."""

    people: Doubles  # [users, RANK]
    things: Doubles  # [items, RANK]
    appeal: Doubles  # [items] log odds of a click of the average user
    released: Longs  # [items] the round in which each comes out, 0 before the first
    fame: Doubles  # [items] chance to be met before the loop
    seed: int

    def live(self, number: int) -> Longs:
        """The items that are out in a round, in their order."""
        return np.flatnonzero(self.released <= number).astype(np.int64)

    def best(self, live: Longs, k: int) -> float:
        """The utility of the best k of the items for each user, added up over users."""
        out = np.empty(len(self.people))
        visits.best(self.people, self.things, self.appeal, live, k, out)
        return float(out.sum())

    def past(self) -> tuple[Longs, Longs]:
        """Users and items of the clicks before the loop, by user."""
        rng = np.random.default_rng([self.seed, 1])
        users = np.repeat(np.arange(len(self.people)), MET)
        items = rng.choice(len(self.appeal), len(users), p=self.fame)
        utility = visits.utility(self.people, self.things, self.appeal, users, items)
        clicked = rng.random(len(users)) < utility
        return users[clicked], items[clicked]


def made(size: Size, seed: int) -> World:
    """A world from a seed. Appeals are the same in all of them, dealt out anew.

    New items are as good as old ones: each run of as many neighbours by appeal has one.
    """
    rng = np.random.default_rng([seed, 0])
    people = size.taste * rng.standard_normal((size.users, RANK))
    things = rng.standard_normal((size.items, RANK)) / np.sqrt(RANK)
    place = rng.permutation(size.items)
    appeal = RARE - SPREAD * np.log((place + 0.5) / size.items)
    released = _released(size, place, rng)
    known = np.argsort(np.argsort(-appeal - BLUR * rng.standard_normal(size.items)))
    fame = np.where(released == 0, 1 / (known + 4.0), 0.0)
    return World(people, things, appeal, released, fame / fame.sum(), seed)


def _released(size: Size, place: Longs, rng: np.random.Generator) -> Longs:
    """Round of release [items] of each, spread over the first rounds; at least one item is old."""
    count = min(int(size.new * size.items), size.items - 1)
    ends = np.arange(count + 1) * size.items // max(count, 1)
    chosen = ends[:-1] + (rng.random(count) * np.diff(ends)).astype(np.int64)
    rounds = max(int(WITHIN * size.rounds), 1)
    released = np.zeros(size.items, np.int64)
    released[np.argsort(place)[chosen]] = 1 + rng.permutation(count) % rounds
    return released
