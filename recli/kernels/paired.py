"""How much lists differ from others for the same users: by how much, and whether by chance.

Both lists of a pair stand in the same 4,096 buckets of `bootstrap`, over the users whom both have
a value of. The interval is that of the paired bootstrap: a draw takes a bucket's users with what
they have of both lists. The p-value is that of a randomisation test (Fisher, "The design of
experiments", 1935, section 21; for retrieval Smucker, Allan, Carterette, "A comparison of
statistical significance tests for information retrieval evaluation", CIKM 2007): were the lists
alike, a user might as well have had either, so in each of many drawings every bucket swaps them
or not, and p is the share of drawings with a difference at least as large. Buckets of whole users
may be swapped as users may; with a few hundred users each has one to herself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from recli.kernels.bootstrap import BUCKETS, LEVEL, Sums, Values, quantile

FLIPS = 9_999  # drawings, so that no p-value is below 1 in 10,000
A_COMPARISON = 100  # the same for each of many comparisons: corrected ones then reach 1 in 100
SALT = 0x666C6970
_AT_ONCE = 1_000  # drawings held in memory
_ROUNDING = 1e-12  # share of the values by which equal differences may come apart
Side = tuple[Values, Values]  # [columns, users] sums of the values of lists, and of how many
Shown = Callable[[Values], Values]  # from means to what a metric shows: the same, or their root


@dataclass(frozen=True)
class Difference:
    """What lists have more than a baseline, over the users of both; NaN where there is none."""

    own: float
    baseline: float
    low: float
    high: float
    p_value: float
    users: int

    @property
    def value(self) -> float:
        """How much more."""
        return self.own - self.baseline

    @property
    def relative(self) -> float:
        """The same as a share of what the baseline has; NaN where that is nothing."""
        return self.value / abs(self.baseline) if self.baseline else float("nan")


class Paired:
    """Sums of the values of two lists for the same users, by bucket and column."""

    def __init__(self, columns: int) -> None:
        self.own, self.baseline = Sums(columns), Sums(columns)

    def add(self, buckets: npt.NDArray[np.int64], own: Side, baseline: Side) -> None:
        """Add sums and counts [columns, users] as `Sums.add` does; without one, nor the other."""
        either = np.isnan(own[0]) | np.isnan(baseline[0])
        for sums, (values, counts) in ((self.own, own), (self.baseline, baseline)):
            sums.add(buckets, np.where(either, np.nan, values), counts)

    def differences(self, shown: list[Shown], weights: Values, seed: int) -> list[Difference]:
        """The difference of each column, as `shown` [columns] makes its means a metric.

        `weights` are those of `bootstrap.draws`: two intervals of a run hang together as their
        lists do. Memory: 32 MiB beside the sums, and 80 bytes a drawing and column.
        """
        p_values = self._p_values(shown, seed)
        drawn = self.own.drawn(weights), self.baseline.drawn(weights)
        found = []
        for at, turn in enumerate(shown):
            own, baseline = (turn(sums.means[at : at + 1])[0] for sums in (self.own, self.baseline))
            apart = (turn(drawn[0][:, at]) - turn(drawn[1][:, at]))[:, None]
            low, high = (quantile(apart, (1 + side * LEVEL) / 2)[0] for side in (-1, 1))
            ends = float(low), float(high)
            users = int(self.own.users[at])
            found.append(Difference(float(own), float(baseline), *ends, float(p_values[at]), users))
        return found

    def _p_values(self, shown: list[Shown], seed: int) -> Values:
        """Share of the drawings [columns] that differ at least as much, two-sided.

        The lists as they are count as one of them (Phipson and Smyth, "Permutation p-values
        should never be zero", 2010).
        """
        own, baseline = (np.stack([x.sums, x.counts]) for x in (self.own, self.baseline))
        apart = (own - baseline).reshape(-1, BUCKETS).T  # [buckets, sums and counts of columns]
        both = (own + baseline).sum(axis=2)  # [2, columns]

        def differences(swapped: Values) -> Values:
            """Shown differences [draws, columns] of signed sums of the buckets' differences."""
            swapped = swapped.reshape(len(swapped), 2, -1)
            means = [np.divide(*np.moveaxis(both + side * swapped, 1, 0)) for side in (1, -1)]
            turned = [[turn(mean[:, at]) for at, turn in enumerate(shown)] for mean in means]
            return np.abs(np.array(turned[0]) - np.array(turned[1])).T

        drawings = max(FLIPS, A_COMPARISON * len(shown) - 1)
        as_large = np.ones(len(shown), np.int64)
        with threadpool_limits(1), np.errstate(divide="ignore", invalid="ignore"):
            slack = _ROUNDING * np.abs(both[0]) / both[1]
            least = differences(apart.sum(axis=0)[None])[0] - slack
            for signs in swaps(drawings, seed):
                as_large += np.count_nonzero(~(differences(signs @ apart) < least), axis=0)
        return np.where(both[1] > 0, as_large / (1 + drawings), np.nan)


def swaps(drawings: int, seed: int) -> Iterator[Values]:
    """Signs [some, buckets] of so many drawings in all: -1 where a bucket swaps its lists."""
    rng = np.random.default_rng([seed, SALT])
    for first in range(0, drawings, _AT_ONCE):
        count = min(_AT_ONCE, drawings - first)
        bits = np.frombuffer(rng.bytes(count * BUCKETS // 8), np.uint8)
        yield 1 - 2 * np.unpackbits(bits).reshape(count, BUCKETS).astype(np.float64)
