"""Share of users with something relevant whose list is long enough to be of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import AT_LEAST_1

if TYPE_CHECKING:
    from recli.kernels.lists import Lists, Values


@dataclass(frozen=True)
class UserCoverage:
    """1 for a user whom the lists reach, else 0."""

    RANGE: ClassVar[str] = "0 to 1"
    SOURCE: ClassVar[str] = "Gunawardana and Shani, Recommender Systems Handbook, 2015"
    least: Annotated[int, "Items that a list must have in its first k places.", AT_LEAST_1] = 1

    def of_users(self, lists: Lists, k: int) -> Values:
        """Whether the first k places hold enough different items."""
        return lists.judged((lists.first(k).lengths >= self.least).astype(float))
