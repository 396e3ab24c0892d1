"""Give each source so many of the places, spread evenly over the list.

With --quotas 6,3,1 every ten places hold six items of the first source, three of the second
and one of the third, each its best that is not yet in the list. A source that has no more
leaves its places to the others; one of quota 0 comes when all others have no more. The score
is 1 / rank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from recli.errors import ExitCode, RecliError
from recli.mergers import Merger, listed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from recli.kernels.offers import Offers

EXAMPLE = "recli merge quotas candidates.parquet recs.parquet --quotas 3,1 -k 10 -o merged.parquet"


@dataclass(frozen=True)
class Quotas(Merger):
    """Sources in turn, by weighted round-robin."""

    quotas: Annotated[
        str | None, "Places of each table, as 6,3,1 of every ten; one each without it."
    ] = None

    def check(self, sources: int) -> None:
        """Refuse quotas that are not one whole number for each source."""
        self._quotas(sources)

    def _quotas(self, sources: int) -> list[int]:
        if self.quotas is None:
            return [1] * sources
        found = listed("quotas", self.quotas, {sources}, least=0)
        if any(number != int(number) for number in found) or not any(found):
            raise RecliError(
                f"--quotas {self.quotas} must be whole numbers, not all 0",
                "write 6,3,1",
                code=ExitCode.USAGE,
            )
        return [int(number) for number in found]

    def scores(self, offers: Offers) -> npt.NDArray[np.float32]:
        """1 / place [pairs]."""
        import numpy as np

        from recli.kernels.interleaving import interleaved

        places = interleaved(offers, np.array(self._quotas(len(offers.at)), np.int64))
        return (1.0 / places).astype(np.float32)
