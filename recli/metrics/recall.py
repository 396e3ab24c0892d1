"""Share of a user's relevant items that the first k places hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class Recall:
    """Hits over relevant items; capped, a full list of hits counts 1 however many there are."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Cleverdon, Mills and Keen, 1966; capped: Liang et al., WWW 2018"
    denominator: Annotated[
        Literal["all", "cap"], "Relevant items of the user, or at most k of them."
    ] = "all"

    def of_users(self, lists: Lists, k: int) -> Values:
        """Hits in the first k places over the denominator."""
        reachable = lists.relevant.clip(1, k if self.denominator == "cap" else None)
        return lists.judged(lists.first(k).found / reachable)
