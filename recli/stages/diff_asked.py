"""What a run of diff is asked for: the measures there are, and the guards on them."""

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from recli.errors import ExitCode, RecliError

PLACED = (
    "overlap",
    "churn",
    "jaccard",
    "rbo",
    "identical",
    "coverage",
    "gini",
    "popularity",
)
SCORED = ("score", "score-ks", "score-psi")
WHOLE = ("users", "users-lost", "users-gained", "length", *SCORED)
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_GUARD = re.compile(
    r"\s*(?P<name>[^\s@<>=]+)(?:@(?P<k>\d+))?\s*(?P<sign><=|>=|<|>)"
    r"\s*(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(?P<percent>%?)\s*"
)


@dataclass(frozen=True)
class Guard:
    """A condition under which the run ends with a status of its own."""

    text: str  # as it was written
    name: str
    k: int  # 0 where the measure looks at whole lists
    sign: str
    bound: float

    @property
    def label(self) -> str:
        """The measure as it is asked for: `overlap@10`."""
        return labelled(self.name, self.k)

    def holds(self, value: float) -> bool:
        """Whether the run is to end with it; NaN, which was not measured, always does."""
        return math.isnan(value) or _COMPARE[self.sign](value, self.bound)


def labelled(name: str, k: int) -> str:
    """A measure as it is asked for: `overlap@10`, or `users-lost`."""
    return f"{name}@{k}" if k else name


def guards_of(words: list[str]) -> list[Guard]:
    """Guards written `NAME[@K] OP NUMBER[%]`, as `overlap@10 < 0.6`; RecliError (usage) if not.

    >>> guards_of(["users-lost > 1%"])[0].bound
    0.01
    """
    return [_guard(word) for word in words]


def _guard(word: str) -> Guard:
    found = _GUARD.fullmatch(word)
    if found is None:
        raise _unclear(word, "is no condition", "write NAME@K < NUMBER, as 'overlap@10 < 0.6'")
    name, written = found["name"], found["k"]
    if name not in (*PLACED, *WHOLE):
        known = ", ".join([*(f"{one}@K" for one in PLACED), *WHOLE])
        raise _unclear(word, f"knows no {name}", f"there are {known}")
    if name in PLACED and not int(written or 0):
        raise _unclear(word, "says not how many places to look at", f"write {name}@10")
    if name in WHOLE and written is not None:
        raise _unclear(word, f"names places, and {name} has none", f"write {name}")
    bound = float(found["number"]) / (100 if found["percent"] else 1)
    return Guard(word.strip(), name, int(written or 0), found["sign"], bound)


def _unclear(word: str, what: str, remedy: str) -> RecliError:
    return RecliError(f"--fail-if '{word}' {what}", remedy, code=ExitCode.USAGE)


@dataclass(frozen=True)
class Choices:
    """What a run may be told beside its tables."""

    ks: tuple[int, ...] = (10,)  # the first one is that of the movers
    movers: int = 10
    seed: int = 0
    rows: int = 1 << 20  # rows of a table in a block: no result depends on it

    def __post_init__(self) -> None:
        if min(self.ks) < 1:
            raise RecliError("-k must be at least 1", code=ExitCode.USAGE)


def places(asked: list[int] | None, guards: list[Guard]) -> tuple[int, ...]:
    """The numbers of places to look at: those asked for, else 10, and those of the guards."""
    return tuple(dict.fromkeys([*(asked or [10]), *(guard.k for guard in guards if guard.k)]))
