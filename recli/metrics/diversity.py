"""How different the items of a list are: mean Jaccard distance of their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Diversity:
    """Over all users with at least two items; one without labels is at distance 1 from any."""

    NEEDS: ClassVar[tuple[str, ...]] = ("items",)
    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Ziegler et al., WWW 2005, as a mean of distances"
    by: Annotated[str | None, "Column of --items to compare; else its first list column."] = None

    def of_users(self, lists: Lists, k: int) -> Values:
        """Mean distance over the pairs of the first k items."""
        from recli.kernels.distances import mean_jaccard

        return mean_jaccard(lists.first(k).items, lists.known.labels[self.by or ""])
