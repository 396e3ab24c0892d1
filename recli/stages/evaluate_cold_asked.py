"""Where the bands of a cold matrix end, as the command line tells."""

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from recli.errors import ExitCode, RecliError
from recli.store.open import Table


@dataclass(frozen=True)
class ColdBands:
    """The upper ends of the bands, and where an item's age is counted from."""

    history: tuple[int, ...] = (0, 5, 20, 100)  # interactions
    age: tuple[float, ...] = (7, 30, 180)  # days
    date: str | None = None  # column of items; else its first interaction in the history


def cold_bands(
    history: str | None, age: str | None, date: str | None, *, cold: bool
) -> ColdBands | None:
    """The bands that were asked for, None without --cold.

    Raises RecliError (usage) for edges that do not rise, and for options that say nothing.
    """
    told = {"--cold-history": history, "--cold-age": age, "--item-date": date}
    idle = [option for option, word in told.items() if word is not None]
    if idle and not cold:
        raise RecliError(f"{' and '.join(idle)} without --cold", "add it", code=ExitCode.USAGE)
    if not cold:
        return None
    usual = ColdBands()
    lengths = usual.history if history is None else edges("--cold-history", history)
    if any(edge != int(edge) for edge in lengths):
        raise RecliError(f"--cold-history {history}: not whole numbers", code=ExitCode.USAGE)
    days = usual.age if age is None else edges("--cold-age", age)
    return ColdBands(tuple(map(int, lengths)), days, date)


def edges(option: str, told: str) -> tuple[float, ...]:
    """Rising numbers joined by commas; RecliError (usage) for anything else."""
    try:
        found = tuple(float(word) for word in told.split(","))
    except ValueError:
        found = ()
    if not found or any(low >= high for low, high in pairwise(found)):
        raise RecliError(
            f"{option} {told} must be rising numbers joined by commas",
            "as 0,5,20,100 for the upper ends of the bands",
            code=ExitCode.USAGE,
        )
    return found


def check_cold(bands: ColdBands, history: Table | None, items: Table | None) -> None:
    """Raise RecliError where a table that the bands are told from is missing, or its column."""
    if history is None:
        raise RecliError(
            "--cold needs the history that tells who and what is cold",
            "add --history TABLE",
            code=ExitCode.USAGE,
        )
    if bands.date is None:
        return
    if items is None:
        raise RecliError(
            f"--item-date {bands.date} needs the items", "add --items TABLE", code=ExitCode.USAGE
        )
    items.need(bands.date)
    kind = items.schema[bands.date]
    if kind != pl.Date and not isinstance(kind, pl.Datetime):
        raise RecliError(
            f"{items.where}: column '{bands.date}' is {kind}, not a date", "name another"
        )
