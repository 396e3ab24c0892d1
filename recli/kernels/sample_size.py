"""How many users tell an effect apart: the normal approximation, and what it says backwards.

With N users, a share s of them in a variant and c in the control, the estimate of a difference
has the variance spread / N, spread = v_c / c + v_s / s, and an effect is found with the power
wanted where effect² = (z_alpha + z_power)² spread / N: van Belle, "Statistical Rules of Thumb",
2008, chapter 2 (for two equal groups and 80% Lehr's 16 v / effect² each). A quarter of z_alpha²
more of each group makes up for the spread being estimated: Guenther, "Sample size formulas for
normal theory t tests", The American Statistician 1981.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri


@dataclass(frozen=True)
class Design:
    """What is decided of a test before it: chances of error, and who is in which group."""

    alpha: float = 0.05  # of each comparison
    two_sided: bool = True
    control: float = 0.5  # share of the users
    variant: float = 0.5

    @property
    def critical(self) -> float:
        """Standard errors past which a difference is told apart from none."""
        return float(-ndtri(self.alpha / (2 if self.two_sided else 1)))

    @property
    def rest(self) -> float:
        """Users that make up for the spread being estimated."""
        return self.critical**2 / 8 * (1 / self.control + 1 / self.variant)


@dataclass(frozen=True)
class Metric:
    """What is known of a metric: mean and variance of a user, or only a rate of yes."""

    mean: float
    variance: float
    binary: bool = False
    kept: float = 1.0  # share of the variance that covariates leave

    def spread(self, effect: float, design: Design) -> float:
        """Variance of the estimated difference, times users; of a rate it moves with the rate."""
        moved = self.mean + effect
        other = moved * (1 - moved) if self.binary else self.variance
        return self.kept * (self.variance / design.control + other / design.variant)


def users(metric: Metric, effect: float, power: float, design: Design) -> float:
    """Users of both groups together by which an effect is found with some power.

    >>> one = Metric(0.0, 1.0)
    >>> round(users(one, 0.5, 0.8, Design()) / 2, 2)  # the exact t test says 63.77
    63.75
    """
    z = design.critical + float(ndtri(power))
    return z**2 * metric.spread(effect, design) / effect**2 + design.rest


def power(metric: Metric, effect: float, size: float, design: Design) -> float:
    """Chance that an effect is told apart from none with so many users.

    >>> one = Metric(0.0, 1.0)
    >>> round(power(one, 0.5, 127.5, Design()), 3)
    0.8
    """
    left = size - design.rest
    if left <= 0:
        return 0.0
    z = abs(effect) * np.sqrt(left / metric.spread(effect, design))
    wrong_side = float(ndtr(-z - design.critical)) if design.two_sided else 0.0
    return float(ndtr(z - design.critical)) + wrong_side


def effect(metric: Metric, wanted: float, size: float, design: Design) -> float:
    """The least effect upwards that so many users tell apart; NaN where none is.

    >>> one = Metric(0.0, 1.0)
    >>> round(effect(one, 0.8, 127.5, Design()), 3)
    0.5
    """
    left = size - design.rest
    if left <= 0:
        return float("nan")
    z = design.critical + float(ndtri(wanted))
    if not metric.binary:
        return float(z * np.sqrt(metric.spread(0.0, design) / left))
    return _root(lambda size: size - z * np.sqrt(metric.spread(size, design) / left), metric.mean)


def _root(lack: Callable[[float], float], mean: float) -> float:
    """Where an effect on a rate is as large as its standard errors ask, below a rate of 1."""
    most = 1 - mean
    return float(brentq(lack, 0.0, most)) if lack(most) > 0 else float("nan")
