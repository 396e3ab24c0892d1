"""How many relevant rows, and how many others, have each score: enough for any ROC curve.

Scores are kept as numbers whose order is that of the scores. Past so many different ones they
share the digits that they begin with, as few digits less as it takes: memory does not grow with
rows, and `blur` says by how much at most an area under the curve can then be off.
"""

import numpy as np
import numpy.typing as npt

from recli.kernels.lists import Flags, Values

MOST = 1 << 20  # different scores that are told apart
Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
SIGN = np.uint64(1 << 63)


class ScoreCounts:
    """Counts by score, added up over all users; the same in whatever order they come."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.dropped = 0  # binary digits that the keys leave out
        self.keys: Keys = np.zeros(0, np.uint64)
        self.counts: Counts = np.zeros((2, 0), np.int64)  # [others and relevant, keys]

    def add(self, scores: Values, relevant: Flags) -> None:
        """Add rows: what each scored, not NaN, and whether it is relevant."""
        keys = ordered(scores) >> np.uint64(self.dropped)
        own, at = np.unique(keys, return_inverse=True)
        counts = [np.bincount(at[relevant == which], minlength=len(own)) for which in (0, 1)]
        self.keys, self.counts = _added(
            np.concatenate([self.keys, own]), np.concatenate([self.counts, counts], axis=1)
        )
        while len(self.keys) > self.most:
            self.dropped += 1
            self.keys, self.counts = _added(self.keys >> np.uint64(1), self.counts)

    @property
    def others(self) -> Counts:
        """Rows that are not relevant, by rising score."""
        others: Counts = self.counts[0]
        return others

    @property
    def relevant(self) -> Counts:
        """Relevant rows, by rising score."""
        relevant: Counts = self.counts[1]
        return relevant

    @property
    def blur(self) -> float:
        """The most that an area under the ROC curve may be off: half the pairs that were merged."""
        pairs = float(self.relevant.sum()) * float(self.others.sum())
        if not self.dropped or not pairs:
            return 0.0
        return float((self.relevant.astype(np.float64) * self.others).sum() / pairs / 2)


def ordered(scores: Values) -> Keys:
    """Numbers in the order of float64 scores: signs turned, and all digits of negative ones.

    >>> ordered(np.array([-2.0, -1.0, 0.0, 1.5])).argsort().tolist()
    [0, 1, 2, 3]
    """
    bits = (scores + 0.0).view(np.uint64)  # -0.0 is 0.0
    return np.where(bits & SIGN, ~bits, bits | SIGN)


def _added(keys: Keys, counts: Counts) -> tuple[Keys, Counts]:
    """Equal keys as one, rising."""
    order = np.argsort(keys, kind="stable")
    keys, counts = keys[order], counts[:, order]
    if not len(keys):
        return keys, counts
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[first], np.add.reduceat(counts, first, axis=1)
