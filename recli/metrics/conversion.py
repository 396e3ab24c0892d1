"""Share of the clicked rows that led to a purchase, from a log (conversion rate).

The lists are a log as for ctr; truth says what users did, by its column `event` where it has one.
A purchase is put down to the last click on its item that was not later, by `as_of` of the log and
`timestamp` of truth where both have them. `of=shown` is the share of all rows: CTR times CVR. Ma
et al., "Entire space multi-task model: an effective approach for estimating post-click conversion
rate", SIGIR 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Conversion:
    """Of all users together; its interval is that of users."""

    NEEDS: ClassVar[tuple[str, ...]] = ("log",)
    PLACES: ClassVar[str] = "optional"
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Ma et al., SIGIR 2018"
    event: Annotated[str, "Event of truth that is a conversion."] = "purchase"
    of: Annotated[Literal["clicked", "shown"], "What it is a share of."] = "clicked"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Rows that led to a purchase, and rows that could have, of each user."""
        log = lists.log
        inside = log.inside(k)
        led = inside & (log.led_to(self.event) > 0)
        return log.by_user(led), log.by_user(
            inside & log.clicked if self.of == "clicked" else inside
        )
