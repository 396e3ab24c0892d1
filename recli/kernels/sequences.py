"""Intervals that hold however often one looks: confidence sequences of the normal mixture.

A difference d with the variance v of its estimate has the always-valid interval
d ± sqrt(v) q(x), q(x)² = (1 + x)/x · log((1 + x)/α²), where x is how much is known, in units of
the mixture's variance. Under no difference the chance that it ever leaves out 0 is at most α:
Robbins, "Statistical methods related to the law of the iterated logarithm", Annals of
Mathematical Statistics 1970; Johari, Koomen, Pekelis and Walsh, "Always valid inference:
continuous monitoring of A/B tests", Operations Research 2022 (mSPRT); for estimated variances
and data that are not normal, in the limit of large samples, Waudby-Smith, Arbour, Sinha, Kennedy
and Ramdas, "Time-uniform central limit theory and asymptotic confidence sequences", Annals of
Statistics 2024, equation 5.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy.special import lambertw, ndtri

Values = npt.NDArray[np.float64]
LEAST = 50  # users of each variant before the first look: the limit theorem needs some
SOME = 30  # of them with any of the metric
LOOKS = 500
PATHS = 4000


def best(alpha: float) -> float:
    """The x at which q is least: the mixture is chosen so that the end of a test stands there.

    Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence
    sequences", Annals of Statistics 2021, proposition 3.

    >>> round(best(0.05), 3)
    8.212
    """
    return float(-lambertw(-(alpha**2) / np.e, -1).real - 1)


def reach(x: Values | float, alpha: float) -> Values:
    """How many standard errors the interval goes to each side.

    >>> reach(best(0.05), 0.05).round(3), reach(best(0.05) / 100, 0.05).round(3)
    (np.float64(3.035), np.float64(8.944))
    """
    known = np.asarray(x, np.float64)
    found: Values = np.sqrt((1 + known) / known * np.log((1 + known) / alpha**2))
    return found


def p_value(z: Values | float, x: Values | float) -> Values:
    """The least alpha whose interval leaves out 0, for an estimate of `z` standard errors."""
    known = np.asarray(x, np.float64)
    log = 0.5 * np.log1p(known) - 0.5 * np.square(z) * known / (1 + known)
    found: Values = np.exp(np.minimum(log, 0.0))
    return found


@dataclass(frozen=True)
class Price:
    """What it costs to be free to look, beside a test that is read once."""

    most: float  # users of a test that is not ended before, per user of the other
    mean: float  # users until the interval leaves out 0, or the end


@cache
def price(alpha: float, power: float) -> Price:
    """For the same power, of a test of so many looks at which an effect is as it was planned.

    By a fixed simulation of Brownian motion with drift: a path leaves at the first s, a share of
    the longest test, with W(s) + drift·sqrt(most)·s above sqrt(s)·q(x s). Error about 0.02.
    """
    drift = float(-ndtri(alpha / 2) + ndtri(power))
    share = np.arange(1, LOOKS + 1) / LOOKS
    draw = np.random.default_rng(0)
    steps = draw.standard_normal((PATHS // 2, LOOKS)) / np.sqrt(LOOKS)
    walk = np.cumsum(np.concatenate([steps, -steps]), axis=1)  # [paths, looks]
    level = np.sqrt(share) * reach(best(alpha) * share, alpha)
    needed = (level - walk) / (drift * share)
    most = float(np.quantile(needed.min(axis=1), power))
    over = needed <= most
    first = np.where(over.any(axis=1), share[over.argmax(axis=1)], 1.0)
    return Price(most**2, float(most**2 * first.mean()))
