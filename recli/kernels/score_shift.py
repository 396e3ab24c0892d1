"""How far the distribution of scores moved: sums of two histograms, whatever their size."""

import numpy as np
import numpy.typing as npt

from recli.kernels.lists import Values

BITS = 20  # of a Float32: scores in one bin are within one part in 2,048
TENTHS = 10
LEAST = 1e-4  # share that an empty tenth is taken to have
Counts = npt.NDArray[np.int64]  # [2 ** BITS] scores in each bin, bins in the order of the scores


def empty() -> Counts:
    """A histogram without scores."""
    return np.zeros(1 << BITS, np.int64)


def counted(scores: Values) -> Counts:
    """How many scores are in each bin, NaN left out."""
    known = scores[~np.isnan(scores)].astype(np.float32) + np.float32(0)  # -0 becomes 0
    bits = known.view(np.uint32)
    # The bits of floats are in their order, once those of negative ones are turned around.
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
    return np.bincount(ordered >> (32 - BITS), minlength=1 << BITS)


def kolmogorov_smirnov(old: Counts, new: Counts) -> float:
    """The largest distance of two distribution functions, 0 to 1; NaN where one has no score.

    >>> a, b = counted(np.array([1.0, 2, 3, 4])), counted(np.array([3.0, 4, 5, 6]))
    >>> kolmogorov_smirnov(a, b), kolmogorov_smirnov(a, a)
    (0.5, 0.0)
    """
    if not (old.sum() and new.sum()):
        return float("nan")
    return float(np.abs(old.cumsum() / old.sum() - new.cumsum() / new.sum()).max())


def stability_index(old: Counts, new: Counts) -> float:
    """Population stability index over the tenths of the old scores; NaN where one has no score.

    The sum of (new - old) ln(new / old) over the shares of the tenths (Siddiqi, "Credit Risk
    Scorecards", 2006): below .1 is taken for no shift, above .25 for a large one.
    """
    if not (old.sum() and new.sum()):
        return float("nan")
    # A bin is in the tenth of its middle score, so that many equal scores are in one.
    middle = old.cumsum() - old / 2
    tenth = np.minimum(middle * TENTHS // old.sum(), TENTHS - 1).astype(np.int64)
    before, after = (
        np.bincount(tenth, counts, TENTHS).clip(min=LEAST * counts.sum()) / counts.sum()
        for counts in (old, new)
    )
    return float(((after - before) * np.log(after / before)).sum())
