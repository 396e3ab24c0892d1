"""Ranges of plug-ins' fields: written beside the field, checked and searched by shared code.

factors: Annotated[int, "Length of the vectors.", AT_LEAST_1, Tuned(16, 512, log=True)] = 64
"""

import dataclasses
import typing
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from recli.errors import ExitCode, RecliError
from recli.registry import command_name, flag


@dataclass(frozen=True)
class Range:
    """The numbers that a field may be, `least` and `most` included, `above` and `below` not.

    >>> Range(above=0).fault(0.0), Range(above=0).fault(1.0)
    ('positive', None)
    """

    least: float = -inf
    most: float = inf
    above: float = -inf
    below: float = inf

    def fault(self, value: float) -> str | None:
        """What the value must be and is not; None where it is."""
        inside = self.least <= value <= self.most and self.above < value < self.below
        # An integer of any size is finite, though it may be too large to ask `isfinite`.
        if inside and (isinstance(value, int) or isfinite(value)):
            return None
        return str(self)

    def __str__(self) -> str:
        """The range in words."""
        words = [
            word
            for word, given in (
                (f"at least {self.least:g}", isfinite(self.least)),
                ("positive" if self.above == 0 else f"above {self.above:g}", isfinite(self.above)),
                (f"at most {self.most:g}", isfinite(self.most)),
                (f"below {self.below:g}", isfinite(self.below)),
            )
            if given
        ]
        return " and ".join(words) or "finite"


_MOST = 2**63 - 1  # what compiled code can count to
AT_LEAST_1 = Range(least=1)
NOT_NEGATIVE = Range(least=0)
POSITIVE = Range(above=0)
SHARE = Range(least=0, most=1)


@dataclass(frozen=True)
class Tuned:
    """Where a search for good values looks; of a Literal or a bool it takes all there are."""

    low: float = 0
    high: float = 0
    log: bool = False  # as many trials between 1 and 10 as between 10 and 100


@dataclass(frozen=True)
class Declared:
    """A plug-in whose fields are checked against what is declared beside them."""

    def __post_init__(self) -> None:
        """Refuse values outside their range, all at once."""
        found = [
            fault for field, kind in _declared(type(self)) for fault in _faults(self, field, kind)
        ]
        found += self.faults()
        if found:
            name = command_name(type(self).__module__.rpartition(".")[2])
            raise RecliError(f"{name}: {'; '.join(found)}", code=ExitCode.USAGE)

    def faults(self) -> list[str]:
        """What fields do to each other that no range of one of them can say."""
        return []


def _declared(plugin: type[Any]) -> list[tuple[str, Any]]:
    """Names and annotations of the fields that have any."""
    hints = typing.get_type_hints(plugin, include_extras=True)
    return [(field.name, hints[field.name]) for field in dataclasses.fields(plugin)]


def _faults(plugin: Any, name: str, kind: Any) -> list[str]:
    """What is wrong with the value of one field."""
    value = getattr(plugin, name)
    bare = typing.get_args(kind)[0]
    if typing.get_origin(bare) is typing.Literal:
        choices = typing.get_args(bare)
        wrong = value not in choices
        return [f"{flag(name)} must be one of {', '.join(choices)}, not {value}"] if wrong else []
    if not isinstance(value, int | float) or isinstance(value, bool):
        return []
    ranges = [mark for mark in kind.__metadata__ if isinstance(mark, Range)] or [Range()]
    wanted = [fault for mark in ranges if (fault := mark.fault(value))]
    if isinstance(value, int) and abs(value) > _MOST:
        wanted.append(f"at most {_MOST}")
    return [f"{flag(name)} must be {fault}, not {value}" for fault in wanted]
