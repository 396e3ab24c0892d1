"""From a log of one policy to what another would have earned, by several estimators.

The log is read four times: what is in it; sums to learn rewards from; the terms of every
estimator; and what their values owe to the model, for its share of the intervals.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.estimator import Rows
from recli.kernels.off_policy import Overlap, Values
from recli.kernels.reward_means import Means, Sums, fitted, pulls
from recli.stages import ope_rows
from recli.stages.ope_asked import Choices
from recli.stages.ope_rows import FOLDS, PLACES, Listen, Reading, Survey
from recli.stages.ope_weights import chance, weights

Doubles = npt.NDArray[np.float64]
LOGGED, WEIGHT = "logged", "weight"


@dataclass
class Learned:
    """Sums over rows by fold and cell [folds, cells], and the models of rewards they give."""

    volume: Doubles
    reward: Doubles
    square: Doubles
    mass: Doubles  # how often the policy shows each, in looks

    def sums(self, without: int | None = None) -> Sums:
        """Of all folds, or of all but one."""
        kept = [fold for fold in range(FOLDS) if fold != without]
        return Sums(*(one[kept].sum(axis=0) for one in (self.volume, self.reward, self.square)))


@dataclass
class Measured:
    """What was summed up, ready to be told."""

    values: Values
    overlap: Overlap
    learned: Learned
    found: Survey
    uneven: bool = False  # propensities differ

    @cached_property
    def unseen(self) -> float:
        """Share of what the policy shows that never stood there in the log."""
        seen = self.learned.volume.sum(axis=0) > 0
        mass = self.learned.mass.sum(axis=0)
        return float(mass[~seen].sum() / mass.sum())


def estimate(reading: Reading, choices: Choices, listen: Listen) -> Measured:
    """Every value as sums. Memory: a few numbers for each item at each place and context."""
    found, reading = ope_rows.survey(reading, listen)
    learned = _learned(reading, found, listen)
    models = [fitted(found.numbered, learned.sums(without=fold)) for fold in range(FOLDS)]
    names = [LOGGED, *(name for name, _ in choices.estimators), WEIGHT]
    groups = min(len(found.places), PLACES) + 1
    measured = Measured(Values(names, groups), Overlap(groups), learned, found)
    mended = _measure(reading, choices, measured, np.array([one.q for one in models]), listen)
    if mended:
        _owe(reading, measured, mended, listen)
    return measured


def _learned(reading: Reading, found: Survey, listen: Listen) -> Learned:
    shape = (FOLDS, len(found.cells))
    learned = Learned(*(np.zeros(shape) for _ in range(4)))
    whole: list[pl.DataFrame] = []
    for rows, chances, _ in listen(reading.pairs()):
        at = rows["fold"].to_numpy(), ope_rows.numbered(rows, reading, found)
        look, reward = rows["look"].to_numpy(), rows["reward"].to_numpy()
        np.add.at(learned.volume, at, look)
        np.add.at(learned.reward, at, reward)
        np.add.at(learned.square, at, reward**2 / look)
        if reading.target.table is not None and chances is not None:
            _shown(learned, ope_rows.offered(rows, chances, reading, found))
            continue
        keys = [*reading.strata, "place", "look", "fold"]
        keys = list(dict.fromkeys(keys))
        told = rows.group_by(keys).len("times")
        whole = [pl.concat([*whole, told]).group_by(keys).agg(pl.col("times").sum())]
    for contexts in whole:
        _shown(learned, ope_rows.offered_to_all(contexts.sort(contexts.columns), reading, found))
    return learned


def _shown(learned: Learned, offers: pl.DataFrame) -> None:
    at = offers["fold"].to_numpy(), offers["cell"].to_numpy()
    looks = offers["chance"] * offers["look"] * offers["times"]
    np.add.at(learned.mass, at, looks.to_numpy())


def _measure(
    reading: Reading, choices: Choices, measured: Measured, models: Doubles, listen: Listen
) -> dict[str, Doubles]:
    """Add up the terms; how often each estimator mends its model [folds, cells] comes back."""
    found, values = measured.found, measured.values
    mended = {name: np.zeros(models.shape) for name in choices.modelled}
    most = least = None
    for rows, chances, _ in listen(reading.pairs()):
        if not rows.height or chances is None:
            continue
        weight = weights(rows, chances, reading, found.by_place)
        fold, cell = rows["fold"].to_numpy(), ope_rows.numbered(rows, reading, found)
        look, reward = rows["look"].to_numpy(), rows["reward"].to_numpy()
        promised = _promised(rows, ope_rows.offered(rows, chances, reading, found), models)
        own = chance(rows, chances, reading)
        told = Rows(reward, own, weight, look * models[fold, cell], promised, found.rows)
        group = _groups(rows, found, values)
        at = group, rows["bucket"].to_numpy()
        values.add(LOGGED, at, reward, np.ones(rows.height))
        if reading.columns.propensity is not None:
            values.add(WEIGHT, at, weight, np.ones(rows.height))
            measured.overlap.add(group, weight)
        for name, estimator in choices.estimators:
            terms = estimator.terms(told)
            values.add(name, at, terms.top, terms.bottom)
            if terms.mended is not None:
                np.add.at(mended[name], (fold, cell), terms.mended * look)
        ends = rows["propensity"].min(), rows["propensity"].max()
        if ends[0] is not None and ends[1] is not None:
            least = ends[0] if least is None else min(least, ends[0])
            most = ends[1] if most is None else max(most, ends[1])
    measured.uneven = least != most
    return mended


def _groups(rows: pl.DataFrame, found: Survey, values: Values) -> npt.NDArray[np.int64]:
    """The group of each row: its place, or what is left over."""
    last = values.tops.shape[1] - 1
    at = np.searchsorted(found.places[:last], rows["place"].to_numpy())
    return np.minimum(at, last).astype(np.int64)


def _promised(rows: pl.DataFrame, offers: pl.DataFrame, models: Doubles) -> Doubles:
    """What the model expects of the policy [rows] where each row stood."""
    worth = models[offers["fold"].to_numpy(), offers["cell"].to_numpy()]
    worth = worth * offers["look"].to_numpy() * offers["chance"].to_numpy()
    where = offers["where"].to_numpy()
    totals: Doubles = np.zeros(int(where.max(initial=-1)) + 1)
    np.add.at(totals, where, worth)
    known = ("cell", "item_id", "chance", "times")
    contexts = offers.drop(known).unique("where", maintain_order=True)
    keys = [name for name in contexts.columns if name != "where"]
    told = rows.join(contexts, on=keys, how="left", nulls_equal=True, maintain_order="left")
    promised: Doubles = totals[told["where"].to_numpy()]
    return promised


def _owe(reading: Reading, measured: Measured, mended: dict[str, Doubles], listen: Listen) -> None:
    """Add what each row does to the values through the models that it was learned in."""
    found, learned = measured.found, measured.learned
    cells, sums = found.numbered, learned.sums()
    means: Means = fitted(cells, sums)
    drawn = {}
    for name, own in mended.items():
        lean = learned.mass - own  # [folds, cells] of what a value takes from the model
        # A row is in the models of the other folds, each of which has so much less of a log.
        others = (lean.sum(axis=0) - lean) * FOLDS / (FOLDS - 1)
        drawn[name] = [pulls(cells, sums.volume, means, one) for one in others]
    for rows, _, _ in listen(reading.pairs()):
        fold, cell = rows["fold"].to_numpy(), ope_rows.numbered(rows, reading, found)
        look, reward = rows["look"].to_numpy(), rows["reward"].to_numpy()
        bucket = rows["bucket"].to_numpy()
        for name, by_fold in drawn.items():
            adds = np.zeros(rows.height)
            for at, pull in enumerate(by_fold):
                mine = fold == at
                adds[mine] = pull.of(means, cells, (cell[mine], look[mine], reward[mine]))
            measured.values.owe(name, bucket, adds)
