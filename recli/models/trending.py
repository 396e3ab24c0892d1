"""Score items by how much they are chosen lately, held against their own base rate.

DuMouchel, "Bayesian data mining in large frequency tables", The American Statistician 53(3), 1999:
the ratio of an observed to an expected count, shrunk by a gamma prior (a + N) / (b + E); here the
shape a is 0, as an item is taken to be quiet until it is seen. The expected count follows
from the margins, as in its section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.fields import POSITIVE, Tuned
from recli.models import Learner

if TYPE_CHECKING:
    from recli.kernels.matrix import Training
    from recli.kernels.shapes import ItemScores


@dataclass(frozen=True)
class Trending(Learner):
    """Recent interactions over those that the base rate leads to expect.

    With N the interactions of an item that halve every `half_life_days`, and M those that halve
    every `base_half_life_days`, an item scores N / (E + prior), E = M sum(N) / sum(M). An item
    as busy as ever scores about 1 when it has many interactions and less when it has few, so
    that two clicks on something unknown do not win. A large prior leaves the order of N.
    """

    personal: ClassVar[bool] = False

    half_life_days: Annotated[
        float, "Halve what happens now every so many days.", POSITIVE, Tuned(0.25, 30, log=True)
    ] = 7.0
    base_half_life_days: Annotated[
        float,
        "Halve what is usual every so many days: more than --half-life-days.",
        POSITIVE,
        Tuned(30, 1000, log=True),
    ] = 90.0
    prior: Annotated[
        float,
        "Expected interactions that are added: more holds back items with few.",
        POSITIVE,
        Tuned(0.1, 1000, log=True),
    ] = 10.0

    def needs(self) -> list[str]:
        """When things happened."""
        return ["timestamp"]

    def faults(self) -> list[str]:
        """A base that is no longer than what is held against it."""
        if self.base_half_life_days > self.half_life_days:
            return []
        return ["--base-half-life-days must be more than --half-life-days"]

    def fit(self, data: Training) -> ItemScores:
        """Scores [items, 1 + labels]; ties by popularity, a segment's gaps as in the whole.

        Raises RecliError (data) where a weight is not positive and finite, or a time is missing.
        """
        from recli.kernels.matrix import check_positive
        from recli.kernels.shapes import ItemScores
        from recli.kernels.trending import Rise

        check_positive(data.matrix, "trending")
        rise = Rise(self.half_life_days, self.base_half_life_days, self.prior)
        return ItemScores(rise.scores(data))
