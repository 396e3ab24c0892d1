"""Pass smoothly from a source for new users to one for known ones, by length of history.

The first table is for new users, the last for those with a long --history. A user with n events
gives alpha(n) = n^s / (n^s + h^s) of the weight to the second of two tables and the rest to the
first, h being --half and s --steepness: n / (n + h) where s is 1, a logistic curve in log n, and
nearly a switch at h where s is large. With more tables each passes its weight on to the next in
the same way. Scores are brought to one scale in each list. Switching hybrid: Burke, "Hybrid
recommender systems: survey and experiments", UMUAI 2002; n / (n + h) is the credibility factor
of Buehlmann, "Experience rating and credibility", ASTIN 1967.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from recli.errors import ExitCode, RecliError
from recli.fields import POSITIVE, Tuned
from recli.mergers import Merger, listed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers

EXAMPLE = (
    "recli merge switching candidates.parquet recs.parquet "
    "--history train.parquet --half 5 -k 10 -o merged.parquet"
)


@dataclass(frozen=True)
class Switching(Merger):
    """Weighted sums whose weights hang on how many events a user's history has."""

    reads_history: ClassVar[bool] = True
    half: Annotated[
        str, "Events at which a table and the next count alike; one number, or one a step."
    ] = "10"
    steepness: Annotated[
        float, "How sharp the passage is; 1 is n / (n + half).", POSITIVE, Tuned(0.5, 8, log=True)
    ] = 1.0
    normalise: Annotated[
        Literal["min-max", "z-score", "rank", "none"],
        "Scale of the scores in each list: 0 to 1, mean 0 and deviation 1, by place, as they are.",
        Tuned(),
    ] = "min-max"

    def check(self, sources: int) -> None:
        """Refuse a single source, and halves that are not one for each step."""
        if sources < 2:
            raise RecliError("switching needs at least two tables", "add one", code=ExitCode.USAGE)
        self._halves(sources)

    def _halves(self, sources: int) -> list[float]:
        found = listed("half", self.half, {1, sources - 1}, least=0)
        if not all(found):
            raise RecliError(
                f"--half {self.half} must be positive", "write 10", code=ExitCode.USAGE
            )
        return found * (sources - 1) if len(found) == 1 else found

    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """Weighted sums [pairs]."""
        from recli.kernels.blending import blended, scaled

        return blended(offers, scaled(offers, self.normalise), self._weights(offers))

    def ties(self, offers: Offers) -> npt.NDArray[np.int64]:
        """The list of the source with the most weight first, then best places."""
        from recli.kernels.passing import led

        return led(offers, self._weights(offers))

    def _weights(self, offers: Offers) -> npt.NDArray[np.float64]:
        from recli.kernels.passing import passed

        return passed(offers, self._halves(len(offers.at)), self.steepness)
