"""From sums over two tables of lists to the measures of how they differ."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from recli.kernels import score_shift
from recli.kernels.bootstrap import draws
from recli.kernels.exposure import Exposure
from recli.metrics.coverage import Coverage
from recli.metrics.gini import Gini
from recli.stages.diff_asked import labelled
from recli.stages.diff_tally import OF_USERS, SIDES, Tally

NAN = float("nan")


@dataclass(frozen=True)
class Measure:
    """One line of the report; what a measure does not have is NaN."""

    name: str
    k: int  # 0 where it looks at whole lists
    value: float  # of both, or new less old
    old: float = NAN
    new: float = NAN
    low: float = NAN  # ends of the interval of the value
    high: float = NAN
    users: int = 0  # whom it is told of

    @property
    def label(self) -> str:
        """As it is asked for: `overlap@10`."""
        return labelled(self.name, self.k)


def measured(tally: Tally) -> list[Measure]:
    """Every measure: of who has lists, of the lists, of the items, of the scores."""
    averaged = _averaged(tally)
    lists = [averaged[name, k] for k in tally.choices.ks for name in OF_USERS]
    lists += [] if 1 in tally.choices.ks else [averaged["identical", 1]]
    items = [
        one
        for k in tally.choices.ks
        for one in (*_of_catalogue(tally, k), averaged["popularity", k])
    ]
    return [*_of_tables(tally), *lists, *items, *_of_scores(tally, averaged)]


def _averaged(tally: Tally) -> dict[tuple[str, int], Measure]:
    """Means over users of both tables, or over pairs, with their intervals."""
    sums = tally.sums
    low, high = sums.interval(draws(tally.choices.seed))
    means = dict(zip(tally.columns, sums.means.tolist(), strict=True))
    return {
        (name, k): Measure(
            name,
            k,
            means[name, k, ""],
            means.get((name, k, "old"), NAN),
            means.get((name, k, "new"), NAN),
            float(low[at]),
            float(high[at]),
            int(sums.users[at]),
        )
        for at, (name, k, side) in enumerate(tally.columns)
        if not side
    }


def _of_tables(tally: Tally) -> list[Measure]:
    """Who is in which table. Nobody is lost of an empty one."""
    old, new, both = (tally.counts[side] for side in (*SIDES, "both"))
    before, after = (
        tally.counts[f"rows {side}"] / tally.counts[side] if tally.counts[side] else NAN
        for side in SIDES
    )
    return [
        Measure("users", 0, new / old - 1 if old else NAN, old, new, users=old),
        Measure("users-lost", 0, (old - both) / max(old, 1), users=old),
        Measure("users-gained", 0, (new - both) / max(new, 1), users=new),
        Measure("length", 0, after - before, before, after, users=max(old, new)),
    ]


def _of_catalogue(tally: Tally, k: int) -> list[Measure]:
    """What the lists of everybody show of the catalogue, and how evenly."""
    size = tally.catalogue.size
    exposure = [tally.exposure[side, k][:size] for side in SIDES]
    users = max(tally.counts[side] for side in SIDES)
    found = []
    for name, metric in (("coverage", Coverage()), ("gini", Gini())):
        old, new = (
            metric.of_catalogue(Exposure(one, len(one))) if tally.counts[side] and len(one) else NAN
            for side, one in zip(SIDES, exposure, strict=True)
        )
        found.append(Measure(name, k, new - old, old, new, users=users))
    return found


def _of_scores(tally: Tally, averaged: dict[tuple[str, int], Measure]) -> list[Measure]:
    """Scores of the items in both lists of a user, and all scores of each table."""
    if not tally.scored:
        return []
    old, new = (tally.scores[side] for side in SIDES)
    users = max(tally.counts[side] for side in SIDES)
    return [
        averaged["score", 0],
        Measure("score-ks", 0, score_shift.kolmogorov_smirnov(old, new), users=users),
        Measure("score-psi", 0, score_shift.stability_index(old, new), users=users),
    ]


def movers(tally: Tally) -> pl.DataFrame:
    """Items whose lists became most more, then those whose became most fewer, equal ones by id."""
    k = tally.choices.ks[0]
    old, new = (tally.exposure[side, k] for side in SIDES)
    moved = np.flatnonzero(old != new)
    rows = pl.DataFrame(
        {
            "item_id": tally.catalogue.numbering.ids().gather(moved),
            "old": old[moved],
            "new": new[moved],
            "change": (new - old)[moved],
        }
    )
    rises = rows.filter(pl.col("change") > 0).sort("change", "item_id", descending=[True, False])
    falls = rows.filter(pl.col("change") < 0).sort("change", "item_id")
    return pl.concat([rises.head(tally.choices.movers), falls.head(tally.choices.movers)])
