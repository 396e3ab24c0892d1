"""Share of the rows shown that were clicked (click-through rate), from a log.

The lists are a log: a row for each item shown, with `position` (or `rank`), and `clicked`, `reward`
or `label` that is not 0 where it was clicked. `ctr@3` looks at the first three positions, `ctr`
at all. Every row counts, also one that repeats an item. Richardson, Dominowska and Ragno,
"Predicting clicks: estimating the click-through rate for new ads", WWW 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Ctr:
    """Clicks over rows, of all users together; its interval is that of users."""

    NEEDS: ClassVar[tuple[str, ...]] = ("log",)
    PLACES: ClassVar[str] = "optional"
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Richardson et al., WWW 2007"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Rows clicked, and rows shown, of each user."""
        log = lists.log
        inside = log.inside(k)
        return log.by_user(inside & log.clicked), log.by_user(inside)
