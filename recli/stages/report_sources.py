"""What the tables of a run hold, and the steps that made them, as sections."""

from dataclasses import dataclass

from recli.errors import RecliError
from recli.stages.inspect import chain
from recli.stages.report_parts import NONE, Section, count, grid
from recli.stages.report_runs import Facts, Measurement

LONGEST = 400  # characters of a step


@dataclass(frozen=True)
class Source:
    """An input of a run: what it is, its hash, and the steps that made it, by their depth."""

    role: str
    where: str
    sha256: str
    steps: tuple[tuple[int, str], ...] = ()


def summary(run: Measurement) -> Section | None:
    """Rows, users, items and times of each table."""
    rows = run.rows("summary")
    if not rows:
        return None
    table = [
        [
            row["role"],
            row["where"] or NONE,
            *(count(row[key]) for key in ("rows", "users", "items")),
            *(_moment(row[key]) for key in ("first", "last")),
        ]
        for row in rows
    ]
    header = ["role", "table", "rows", "users", "items", "first", "last"]
    return Section("summary", "The data", grids=(grid("What each table holds", header, table, 2),))


def _moment(told: str | None) -> str:
    """A time to the minute.

    >>> _moment("2025-06-02T16:03:22Z")
    '2025-06-02 16:03'
    """
    return NONE if told is None else told.replace("T", " ")[:16]


def sources(run: Measurement) -> list[Source]:
    """The inputs of a run; RecliError where the record of one is none."""
    return [
        Source(row["role"], row["where"] or NONE, row["sha256"] or "", _steps(run, row))
        for row in run.rows("inputs")
    ]


def _steps(run: Measurement, row: Facts) -> tuple[tuple[int, str], ...]:
    try:
        lines = chain(row["record"])
    except (AttributeError, KeyError, TypeError) as error:
        raise RecliError(
            f"{run.name}: the record of its {row['role']} is none of recli's",
            "measure again with `recli evaluate --json`",
        ) from error
    return tuple(((len(line) - len(line.lstrip())) // 2, line.strip()[:LONGEST]) for line in lines)
