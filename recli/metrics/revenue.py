"""What purchases that lists led to are worth, a list or a thousand rows, from a log.

The lists are a log as for ctr; a purchase is put down to a click as for conversion, and is worth
the price of its item, nothing where --items has none. A list is a user's rows of one moment
(`as_of`), or all of them where there are no moments. Jannach and Jugovac, "Measuring the business
value of recommender systems", ACM TMIS 2019.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Revenue:
    """Of all users together, in the unit of the price; its interval is that of users."""

    NEEDS: ClassVar[tuple[str, ...]] = ("log", "items")
    PLACES: ClassVar[str] = "optional"
    RANGE: ClassVar[str] = "0 and up"
    SOURCE: ClassVar[str] = "Jannach and Jugovac, ACM TMIS 2019"
    price: Annotated[str, "Column of --items."] = "price"
    event: Annotated[str, "Event of truth that is paid for."] = "purchase"
    per: Annotated[Literal["list", "thousand"], "List, or thousand rows shown."] = "list"

    def of_ratio(self, lists: Lists, k: int) -> tuple[Values, Values]:
        """Revenue of each user, and her lists or thousands of rows."""
        log, prices = lists.log, lists.known.numbers[self.price]
        inside = log.inside(k)
        paid = prices[log.rows.items] * log.led_to(self.event) * inside
        shown = log.lists(k) if self.per == "list" else log.by_user(inside) / 1000
        return log.by_user(paid), shown
