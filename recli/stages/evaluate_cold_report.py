"""The cold matrix as text for people, as rows of METRICS and as objects of a report."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from textwrap import fill
from typing import Any

import polars as pl

from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_found import EVERY, Cell, ColdMatrix, Measured
from recli.store import text

SCHEMA = {
    "history": pl.String,
    "age": pl.String,
    "interactions": pl.Int64,
    "users_share": pl.Float64,
    "interactions_share": pl.Float64,
}
LINE = 80  # places on a terminal
WIDTH = 12  # of a value with its half interval, and the space before it


def rows(matrix: ColdMatrix) -> Iterator[tuple[Measured, dict[str, object]]]:
    """Every number of the cells but those of everybody, with the columns that tell its cell."""
    for cell in matrix.cells:
        if (cell.history, cell.age) != (EVERY, EVERY):
            told = (getattr(cell, name) for name in SCHEMA)
            own = dict(zip(SCHEMA, told, strict=True))
            yield from ((one, own) for one in cell.measured)


def shown(matrix: ColdMatrix, names: list[str]) -> str:
    """Who is in the cells, then a matrix for each metric of the lists of some names."""
    cells = {(cell.history, cell.age): cell for cell in matrix.cells}
    asked = dict.fromkeys((one.name, one.asked) for cell in matrix.cells for one in cell.measured)
    parts = [
        "history x age: share of users; of interactions",
        *_laid(cells, matrix.ages, _shares),
    ]
    for name, metric in asked:
        if name in names:
            label = f"{metric.label} of {name}, ± half of its interval"
            said = partial(_value, name=name, asked=metric)
            parts += ["", text.safe(label, LINE), *_laid(cells, matrix.ages, said)]
    return "\n".join([*parts, "", fill(matrix.told, LINE)])


def _laid(
    cells: dict[tuple[str, str], Cell], ages: list[str], said: Callable[[Cell], str]
) -> Iterator[str]:
    """Rows of history and columns of age as lines, so many columns at a time."""
    histories = list(dict.fromkeys(history for history, _ in cells))
    label = max(map(len, [*histories, "history"]))
    across = max(1, (LINE - label) // WIDTH)
    for at in range(0, len(ages), across):
        some = ages[at : at + across]
        yield "history".ljust(label) + "".join(age.rjust(WIDTH) for age in some)
        for history in histories:
            found = [cells.get((history, age)) for age in some]
            told = ["-" if cell is None else said(cell) for cell in found]
            yield history.ljust(label) + "".join(one.rjust(WIDTH) for one in told)


def _shares(cell: Cell) -> str:
    return f"{cell.users_share:.1%} {cell.interactions_share:.1%}".replace("100.0%", "100%")


def _value(cell: Cell, name: str, asked: Asked) -> str:
    one = next(one for one in cell.measured if (one.name, one.asked) == (name, asked))
    if math.isnan(one.value):
        return "-"
    half = (one.high - one.low) / 2
    return _short(one.value) + ("" if math.isnan(half) else f"±{_short(half)}")


def _short(value: float) -> str:
    """A number in five places: `.0123`, `1.234`, `12.34`.

    >>> _short(0.01234), _short(1.0), _short(123.456)
    ('.0123', '1.000', '123.5')
    """
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    said = f"{value:.{max(0, 4 - whole)}f}"
    return said.replace("0.", ".", 1) if abs(value) < 1 and said[0] in "0-" else said


def as_objects(matrix: ColdMatrix, told: Any) -> list[dict[str, object]]:
    """The cells, `told` makes an object of a number."""
    return [
        {
            "history": cell.history,
            "age": cell.age,
            "history_low": cell.ends[0][0],
            "history_high": cell.ends[0][1],
            "age_low": cell.ends[1][0],
            "age_high": cell.ends[1][1],
            "users": cell.users,
            "users_share": cell.users_share,
            "interactions": cell.interactions,
            "interactions_share": cell.interactions_share,
            "metrics": [told(one) for one in cell.measured],
        }
        for cell in matrix.cells
    ]
