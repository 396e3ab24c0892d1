"""What a page is made of: sections with charts and tables, and numbers as words."""

from dataclasses import dataclass, replace
from typing import Any

from recli.kernels.chart import Picture

NONE = "–"  # in a cell that has no value
MEASURED = 4  # decimals of a metric
MARKS = {"better": "good", "worse": "bad", "not told apart": "even"}  # of a verdict


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what it says, a smaller note below it, and how it is marked."""

    text: str
    note: str = ""
    mark: str = ""  # good, bad or even: a sign beside the text, and a colour
    heat: float | None = None  # from 0 to 1: how dark its ground is


@dataclass(frozen=True)
class Grid:
    """A table; its first column names its rows, the columns in `numeric` are set to the right."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Section:
    """A part of the page; `folded` are tables that a reader opens."""

    anchor: str
    title: str
    lead: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    grids: tuple[Grid, ...] = ()
    folded: tuple[Grid, ...] = ()

    def of(self, run: int) -> "Section":
        """The same part under names that tell it apart from those of other runs."""
        if run == 1:
            return self
        pictures = tuple(replace(one, name=f"{one.name}-{run}") for one in self.pictures)
        return replace(self, anchor=f"{self.anchor}-{run}", pictures=pictures)


@dataclass(frozen=True)
class Verdict:
    """What a run came to: sentences, gates, leaks and warnings."""

    sentences: tuple[str, ...]
    gates: tuple[tuple[bool, str], ...] = ()  # whether it is met, and its words
    leaks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def told(self) -> bool:
        """Whether it says anything."""
        return bool(self.sentences or self.gates or self.leaks or self.warnings)

    @property
    def failed(self) -> bool:
        """Whether a gate is not met, or what was measured leaks."""
        return bool(self.leaks) or not all(met for met, _ in self.gates)


@dataclass(frozen=True)
class Told:
    """One run as it stands on the page."""

    name: str
    verdict: Verdict
    sections: tuple[Section, ...] = ()


def grid(caption: str, header: list[str], rows: list[list[Any]], words: int = 1) -> Grid:
    """A table of plain values; the first `words` columns are text, the others numbers."""
    cells = tuple(
        tuple(one if isinstance(one, Cell) else Cell(str(one)) for one in row) for row in rows
    )
    return Grid(caption, tuple(header), cells, frozenset(range(words, len(header))))


def number(value: float | None, decimals: int = MEASURED) -> str:
    """A number with thousands told apart.

    >>> number(1234.5, 1), number(None)
    ('1,234.5', '–')
    """
    return NONE if value is None else f"{value:,.{decimals}f}"


def count(value: int | None) -> str:
    """A whole number."""
    return NONE if value is None else f"{value:,}"


def share(value: float | None, decimals: int = 1) -> str:
    """A share in percent.

    >>> share(0.0557)
    '5.6%'
    """
    return NONE if value is None else f"{value:.{decimals}%}"


def interval(low: float | None, high: float | None, decimals: int = MEASURED) -> str:
    """The ends of an interval; nothing where there is none."""
    if low is None or high is None:
        return ""
    return f"[{low:,.{decimals}f}, {high:,.{decimals}f}]"
