"""The feedback loop in a world of known tastes: what is shown is clicked, and learned from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels import rules, visits
from recli.kernels.explore import Explore
from recli.kernels.exposure import Exposure
from recli.kernels.linear_arms import Linear, Sums, columns
from recli.kernels.policy import Counts
from recli.kernels.rules import Context
from recli.kernels.tastes import World, made
from recli.metrics.coverage import Coverage
from recli.metrics.gini import Gini
from recli.reports import SIMULATION
from recli.stages.explore import Explored
from recli.stages.simulate_asked import Asked, Contender
from recli.stages.simulate_lists import CONTEXT, Lists, Pairs, catalogue, day, retrieved

Flags = npt.NDArray[np.bool_]
Longs = npt.NDArray[np.int64]
HEAD = 0.5  # share of the clicks before the loop that the items outside the long tail make


def simulate(asked: Asked, threads: int = 1) -> Iterator[pl.DataFrame]:
    """A row of measures for each round, policy after policy and world after world."""
    kinds = {name: types[0] for name, types in SIMULATION.required.items()}
    for seed in asked.seeds:
        world = made(asked.size, seed)
        rounds = range(1, asked.size.rounds + 1)
        best = [world.best(world.live(number), asked.k) for number in rounds]
        for one in asked.contenders:
            loop, total = Loop(world, asked, one, threads), 0.0
            for number, most in zip(rounds, best, strict=True):
                row = loop.round(number, most)
                total += row["regret"]
                named = {"policy": one.name, "seed": seed, "round": number}
                yield pl.DataFrame([named | row | {"total_regret": total}], schema=kinds)


class Loop:
    """One policy in one world, and what was clicked so far."""

    def __init__(self, world: World, asked: Asked, one: Contender, threads: int = 1) -> None:
        self.world, self.asked, self.threads = world, asked, threads
        self.clicks: Pairs = world.past()
        self.tail = _tail(world, self.clicks)
        self.memory = Memory(len(world.appeal))
        self.explore: Explore | None = None
        steps = list(asked.rules)
        if one.policy is not None and asked.slots is not None:
            slots = replace(asked.slots, seed=world.seed)
            self.explore = Explore(one.policy, one.name, slots, self.memory.state(one))
            steps.append(Explored(self.explore, k=asked.k))
        self.one = one
        self.lists = Lists.of(steps, catalogue(world), asked.k)

    def round(self, number: int, best: float) -> dict[str, Any]:
        """Learn, offer, let users click, and measure against the best lists of the round."""
        drawn = self.asked.random
        lengths = (self.asked.candidates - drawn, drawn)
        offered = retrieved(self.world, self.clicks, number, lengths, self.threads)
        explore = self.explore
        if explore is not None:
            today = replace(explore.slots, day=f"{day(number)}")
            explore = replace(explore, slots=today, state=self.memory.state(self.one))
        shown = self.lists.of_round(number, offered, self.clicks, explore)
        users, items, places = (
            shown[name].to_numpy().astype(np.int64) for name in ("user_id", "item_id", "rank")
        )
        world = self.world
        utility = visits.utility(world.people, world.things, world.appeal, users, items)
        looked, clicked = visits.visited(utility, users, items, places, (world.seed, number))
        self.memory.learn(shown, looked, clicked)
        more = users[clicked], items[clicked]
        self.clicks = tuple(  # type: ignore[assignment]
            np.concatenate(pair) for pair in zip(self.clicks, more, strict=True)
        )
        gained = float(utility.sum())
        return {
            "utility": gained / max(len(items), 1),
            "regret": (best - gained) / len(world.people),
            "clicks": float(clicked.sum()) / len(world.people),
            **self._exposure(items, number),
        }

    def _exposure(self, items: Longs, number: int) -> dict[str, float]:
        """How the places of a round [rows] are shared among the items that are out."""
        live = self.world.live(number)
        exposure = Exposure(np.bincount(items, minlength=len(self.tail))[live], len(live))
        return {
            "coverage": Coverage().of_catalogue(exposure),
            "gini": Gini().of_catalogue(exposure),
            "long_tail_share": float(self.tail[items].sum()) / max(len(items), 1),
            "new_share": float((self.world.released[items] > 0).sum()) / max(len(items), 1),
        }


@dataclass
class Memory:
    """What bandits learn from: the places that were looked at, as a log of what was on screen."""

    items: int

    def __post_init__(self) -> None:
        """Nothing was shown yet."""
        self.ids = pl.Series(np.arange(self.items))
        self.shown, self.rewarded = np.zeros(self.items), np.zeros(self.items)
        self.sums = Sums(len(CONTEXT) + 1)

    def learn(self, rows: pl.DataFrame, looked: Flags, clicked: Flags) -> None:
        """Add shown rows, and whether each was looked at and clicked."""
        items = rows["item_id"].to_numpy()
        self.shown += np.bincount(items[looked], minlength=self.items)
        self.rewarded += np.bincount(items[clicked], minlength=self.items)
        context = columns(rows.filter(looked), CONTEXT)
        self.sums.add(context, clicked[looked].astype(np.float64))

    def state(self, one: Contender) -> Counts | Linear:
        """What a policy reads of it."""
        if one.policy is not None and one.policy.state == "linear":
            whole, _ = self.sums.halves()
            return Linear(CONTEXT, whole[:, :-1], whole[:, -1])
        return Counts(self.ids, self.shown.copy(), self.rewarded.copy())


def _tail(world: World, clicks: Pairs) -> Flags:
    """Items [items] that are not among the most clicked before the loop."""
    ids = pl.Series(np.arange(len(world.appeal)))
    counts = np.bincount(clicks[1], minlength=len(ids)).astype(np.int64)
    return rules.in_tail(ids, Context({}, popularity=(ids, counts)), HEAD)
