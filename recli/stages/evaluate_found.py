"""Sums of a tally as the numbers of a report: means with their intervals."""

from dataclasses import dataclass

import numpy as np

from recli.kernels.bootstrap import Sums, Values, draws
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_cells import ALL
from recli.stages.evaluate_cold import Cold, Ends
from recli.stages.evaluate_labels import Labels
from recli.stages.evaluate_tally import Tally

NAN = float("nan")
Numbers = tuple[float, float, float, int]  # mean, ends and users
EVERY = "all"  # the name of a margin


@dataclass(frozen=True)
class Measured:
    """One number of the report; `low` and `high` are NaN where it has no interval."""

    asked: Asked
    name: str  # of the lists
    segment: str | None  # value of the column `by`; None is everybody
    value: float
    low: float
    high: float
    users: int
    by: str | None = None  # as it was asked for


@dataclass(frozen=True)
class Cell:
    """Users by their history, the items that they chose by age, and the metrics of both."""

    history: str
    age: str
    ends: tuple[Ends, Ends]
    users: int  # who chose something relevant of this age
    users_share: float
    interactions: int  # what they so chose; a pair that truth repeats counts once
    interactions_share: float
    measured: list[Measured]


@dataclass(frozen=True)
class ColdMatrix:
    """Cells by rows of history and columns of age, margins last."""

    cells: list[Cell]
    ages: list[str]  # the columns that some cell is in, in order
    told: str


def measured(tally: Tally, asked: list[Asked]) -> list[Measured]:
    """The numbers in the order of the lists, then of the metrics, then of the segments."""
    weights = draws(tally.choices.seed)
    groups: dict[tuple[str | None, str | None], Sums] = {(None, None): tally.overall}
    for divider, cells in tally.divided:
        if isinstance(divider, Labels):
            keys = {max(key): key for key in cells.sums}  # the other one is ALL
            groups |= {
                (divider.by.word, label): cells.sums[keys[code]]
                for code, label in divider.ordered(keys)
            }
    found = {group: _numbers(tally, sums, weights) for group, sums in groups.items()}
    rows = []
    for name in tally.names:
        for one in asked:
            if not one.averaged:
                value = tally.pooled.value(one, name)
                rows.append(Measured(one, name, None, value, NAN, NAN, tally.listed[name]))
            rows += [
                Measured(one, name, segment, *group[name, one], by)
                for (by, segment), group in found.items()
                if (name, one) in group
            ]
    return rows


def cold_matrix(cold: Cold, tally: Tally) -> ColdMatrix:
    """Every cell in which somebody is, with its margins."""
    cells = next(cells for divider, cells in tally.divided if divider is cold)
    weights = draws(tally.choices.seed)
    users, pairs = cells.users[ALL, ALL], cells.relevant[ALL, ALL]
    rows = [*enumerate(cold.histories), (ALL, (EVERY, (None, None)))]
    columns = [*enumerate(cold.ages), (ALL, (EVERY, (None, None)))]
    found = []
    for row, (history, lengths) in rows:
        for column, (age, days) in columns:
            key = row, column
            if not cells.users[key]:
                continue
            sums = tally.overall if key == (ALL, ALL) else cells.sums[key]
            shares = cells.users[key] / users, cells.relevant[key] / pairs
            numbers = _numbers(tally, sums, weights)
            found.append(
                Cell(
                    history,
                    age,
                    (lengths, days),
                    cells.users[key],
                    shares[0],
                    cells.relevant[key],
                    shares[1],
                    [Measured(one, name, None, *rest) for (name, one), rest in numbers.items()],
                )
            )
    known = {cell.age for cell in found}
    return ColdMatrix(found, [age for _, (age, _) in columns if age in known], cold.told)


def _numbers(tally: Tally, sums: Sums, weights: Values) -> dict[tuple[str, Asked], Numbers]:
    """Mean, ends and users of each column of some sums, by lists and metric."""
    found = np.array([sums.means, *sums.interval(weights)])
    columns = [(name, one) for name in tally.names for one in tally.averaged]
    return {
        (name, one): (*one.shown(found[:, at]).tolist(), int(sums.users[at]))
        for at, (name, one) in enumerate(columns)
    }
