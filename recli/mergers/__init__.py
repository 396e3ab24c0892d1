"""One file a way of merging candidates; its name is the sub-verb of `merge`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import Declared
from recli.registry import flag

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers


@dataclass(frozen=True)
class Merger(Declared, ABC):
    """What every way of merging says of itself beside its fields."""

    reads_history: ClassVar[bool] = False  # whether it asks how long a user's history is

    def check(self, sources: int) -> None:
        """Raise RecliError (usage) where the fields do not fit so many sources."""

    @abstractmethod
    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """New scores [pairs], finite."""

    def ties(self, offers: Offers) -> npt.NDArray[np.int64]:
        """What orders pairs of one score [pairs]: their best place in a list, then the item id."""
        return offers.ties()


def listed(field: str, text: str, counts: set[int], *, least: float = -inf) -> list[float]:
    """The numbers of a field such as `0.7,0.3`, as many as one of `counts`.

    Raises RecliError (usage) for what is no number, below `least`, or one too many or few.

    >>> listed("weights", "0.7,0.3", {2})
    [0.7, 0.3]
    """
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [inf]
    wanted = " or ".join(map(str, sorted(counts)))
    if not all(isfinite(number) and abs(number) < 1e9 for number in found):
        what = f"{flag(field)} {text} must be {wanted} numbers joined by commas"
    elif min(found) < least:
        what = f"{flag(field)} {text} must be at least {least:g} each"
    elif len(found) not in counts:
        what = f"{flag(field)} {text} has {len(found)} numbers, there must be {wanted}"
    else:
        return found
    raise RecliError(what, "give one for each table, in their order", code=ExitCode.USAGE)


def weights_of(text: str | None, sources: int) -> list[float]:
    """The weight of each source, all alike where nothing says; not negative, not all 0."""
    if text is None:
        return [1.0 / sources] * sources
    found = listed("weights", text, {sources}, least=0)
    if not any(found):
        raise RecliError(
            f"--weights {text} leaves nothing", "give a positive one", code=ExitCode.USAGE
        )
    return found
