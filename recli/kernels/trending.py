"""Item scores by how much more is happening now than an item's base rate leads to expect."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recli.errors import RecliError
from recli.kernels import popular
from recli.kernels.matrix import Training

Sums = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rise:
    """What is now, what is usual, and how many expected interactions of nothing are added."""

    half_life_days: float
    base_half_life_days: float
    prior: float

    def scores(self, data: Training) -> Sums:
        """Scores [items, 1] of all users, and [items, 1 + labels] where users have labels.

        A segment's ties, and the items that it never had, stand in the order of the whole;
        ties of the whole by the number of interactions. Raises RecliError (data) where an
        interaction has no time.
        """
        if data.timestamps is not None and not np.issubdtype(data.timestamps.dtype, np.integer):
            lost = int(np.isnan(data.timestamps).sum())
            raise RecliError(
                f"trending: column 'timestamp' is empty in {lost} interactions",
                "leave these interactions out",
            )
        recent = popular.aged(data, None, self.half_life_days)
        usual = popular.aged(data, None, self.base_half_life_days)
        ever = popular.sums(data, data.weights.astype(np.float64))
        overall = untied(self._lifts(data, recent, usual), ever)
        if data.labels is None:
            return overall[:, None]
        own = data.labels.codes[data.rows]
        columns = [
            untied(self._lifts(data, recent * (own == code), usual * (own == code)), overall)
            for code in range(len(data.labels.names))
        ]
        return np.stack([overall, *columns], axis=1)

    def _lifts(self, data: Training, recent: Sums, usual: Sums) -> Sums:
        """Recent interactions over those expected and the prior [items].

        What is expected is the item's part of all usual interactions, of all recent ones: when
        everything doubles, nothing rises.
        """
        now, base = popular.sums(data, recent), popular.sums(data, usual)
        expected = base * (now.sum() / max(base.sum(), np.finfo(np.float64).tiny))
        lifts: Sums = now / (expected + self.prior)
        return lifts


def untied(scores: Sums, then: Sums) -> Sums:
    """Scores that are not negative, equal ones moved apart by the order of `then`, then number.

    Each moves up by the least that a float64 can, and none past one that was larger by more
    than there are ties. What is 0 in both stays 0.

    >>> scores = untied(np.array([1.0, 2.0, 1.0, 0.0]), np.array([3.0, 0.0, 4.0, 0.0]))
    >>> np.argsort(-scores).tolist(), scores.round(6).tolist()
    ([1, 2, 0, 3], [1.0, 2.0, 1.0, 0.0])
    """
    number = np.arange(len(scores))
    order = np.lexsort((-number, then, scores))
    order = order[(scores[order] > 0) | (then[order] > 0)]
    # The bits of positive floats, read as whole numbers, are in the order of the floats.
    bits = scores[order].view(np.int64) - number[: len(order)]
    raised = np.maximum.accumulate(bits) + number[: len(order)]
    apart = np.zeros(len(scores))
    # The least positive float is the number 1.
    apart[order] = (raised + (scores[order][:1] == 0).sum()).view(np.float64)
    return apart
