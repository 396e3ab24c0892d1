"""The lists of a round of a simulation: retrieved by what was clicked, then re-ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.errors import RecliError
from recli.kernels import visits
from recli.kernels.catalogue import Catalogue
from recli.kernels.explore import Explore
from recli.kernels.matrix import Training
from recli.kernels.rules import Context
from recli.kernels.tastes import World
from recli.kernels.topk import top_k
from recli.models.als import Als
from recli.stages.explore import Explored
from recli.stages.rerank import Reranker
from recli.stages.rerank_build import readings
from recli.stages.rerank_chain import Chain
from recli.stages.rerank_price import Pricing
from recli.stages.rerank_rule import Ruled

Doubles = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Pairs = tuple[Longs, Longs]  # users and items of clicks

FACTORS, SWEEPS = 16, 6
# What a rule may ask for, and what LinUCB goes by.
CONTEXT = ("score", "popularity", "age")
OFFERED: dict[str, pl.DataType] = {
    "user_id": pl.Int64(),
    "item_id": pl.Int64(),
    "score": pl.Float32(),
    "rank": pl.Int32(),
    "popularity": pl.Float64(),  # ln(1 + clicks)
    "age": pl.Float64(),  # rounds since the release
    "new": pl.Boolean(),  # came out in the course of the rounds
}


def day(number: int) -> date:
    """The date of a round; what came out before the first has that of round 0."""
    return date(2026, 1, 1) + timedelta(days=number)


def catalogue(world: World) -> pl.DataFrame:
    """The items with their columns: the taste that each serves most, and its release."""
    return pl.DataFrame(
        {
            "item_id": np.arange(len(world.appeal)),
            "category": [f"taste {at}" for at in world.things.argmax(axis=1)],
            "released": [day(int(number)) for number in world.released],
        }
    )


def retrieved(
    world: World, clicks: Pairs, number: int, lengths: tuple[int, int], threads: int
) -> pl.DataFrame:
    """Candidates of each user by falling score, from what is out in a round.

    `lengths` are those that ALS offers by all clicks so far, and of others drawn at random,
    which ALS scores too. Users without a click get what the average user does.
    """
    live, (users, items) = world.live(number), _vectors(world, clicks, threads)
    count, drawn = lengths
    count = min(count, len(live))
    only = np.zeros(len(items), np.bool_)
    only[live] = True
    found, _ = top_k(users, items, count, only=only, threads=threads)
    luck = (world.seed, number)
    more = visits.strangers(found.astype(np.int64), live, min(drawn, len(live) - count), luck)
    columns = np.sort(np.hstack([found, more]), axis=1)  # [users, candidates]
    scores = np.einsum("uf,ucf->uc", users, items[columns])
    order = np.argsort(-scores, axis=1, kind="stable")
    columns, scores = (np.take_along_axis(one, order, axis=1) for one in (columns, scores))
    flat, width = columns.ravel().astype(np.int64), columns.shape[1]
    clicked = np.bincount(clicks[1], minlength=len(items))
    values = {
        "user_id": np.repeat(np.arange(len(users)), width),
        "item_id": flat,
        "score": scores.ravel(),
        "rank": np.tile(np.arange(1, width + 1), len(users)),
        "popularity": np.log1p(clicked)[flat],
        "age": (number - world.released)[flat],
        "new": (world.released > 0)[flat],
    }
    return pl.DataFrame({name: pl.Series(values[name]).cast(OFFERED[name]) for name in OFFERED})


def _vectors(
    world: World, clicks: Pairs, threads: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Vectors of users and items that ALS learns from the clicks; zero where there is none."""
    users, items = (np.arange(len(side)) for side in (world.people, world.appeal))
    rows, columns = (one.astype(np.int32) for one in clicks)
    if not len(rows):
        return np.zeros((len(users), 1), np.float32), np.zeros((len(items), 1), np.float32)
    weights = np.ones(len(rows), np.float32)
    data = Training(pl.Series(users), pl.Series(items), rows, columns, weights, threads=threads)
    learned = Als(factors=FACTORS, iterations=SWEEPS, seed=world.seed).fit(data)
    known = np.bincount(rows, minlength=len(users)) > 0
    learned.users[~known] = learned.users[known].mean(axis=0)
    return learned.users, learned.items


@dataclass(frozen=True)
class Lists:
    """Makes lists of candidates, by rules of a file and at the end by a policy."""

    steps: tuple[Reranker, ...]
    reads: frozenset[str]
    items: pl.DataFrame
    k: int

    @classmethod
    def of(cls, rules: Sequence[Ruled], items: pl.DataFrame, k: int) -> Lists:
        """The steps; RecliError where a rule lacks what lists have, or contradicts another."""
        context = Context(
            items.schema | OFFERED, frozenset({"items", "history"}), own=frozenset(OFFERED)
        )
        try:
            found = readings(rules, [], context)
        except RecliError as error:
            raise RecliError(
                error.what,
                f"lists have {', '.join(sorted(context.columns))}, and a history; there is no "
                "--users, --pairs or --model",
                code=error.code,
            ) from None
        context = replace(context, items=Catalogue(items))
        columns = frozenset(items.columns) - {"item_id"}
        steps = tuple(
            Reranker(
                one.ruled,
                one.held,
                replace(context, columns=one.columns, own=one.own),
                (one.rows & columns) - one.own,
                (),
                Pricing(k),
            )
            for one in found
        )
        return cls(steps, frozenset().union(*(one.rule.reads for one in rules)), items, k)

    def of_round(
        self, number: int, candidates: pl.DataFrame, clicks: Pairs, explore: Explore | None
    ) -> pl.DataFrame:
        """The first k rows of each list; the last step draws by what the policy knows now."""
        block: Block = {"candidates": candidates}
        if "history" in self.reads:
            users, items = clicks
            block["history"] = pl.DataFrame({"user_id": users, "item_id": items}).sort("user_id")
        steps = [replace(one, context=self._now(one, number, clicks)) for one in self.steps]
        if explore is not None:
            steps[-1] = replace(steps[-1], ruled=Explored(explore, k=self.k))
        rows = Chain(tuple(steps))(block).rows if steps else candidates
        return rows.filter(pl.col("rank") <= self.k)

    def _now(self, step: Reranker, number: int, clicks: Pairs) -> Context:
        """What surrounds the lists of a round."""
        counts = np.bincount(clicks[1], minlength=self.items.height).astype(np.int64)
        popularity = (self.items["item_id"], counts) if "popularity" in self.reads else None
        newest = {"released": day(number)}
        return replace(step.context, newest=newest, popularity=popularity)
