"""Two groups of users beside each other: difference, intervals, covariates, uneven shares.

A group is known by the means and covariances of its users' values, which stand in the columns
(y, z, x1, w1, x2, w2, …). The metric is sum(y) / sum(z), a mean of users where z is 1; each
covariate is sum(x) / sum(w), a mean of those it is known of where w says so. A ratio is taken as
the mean of its linear part (y - ratio z) / mean(z), the delta method: Deng, Knoblich and Lu,
"Applying the delta method in metric analytics", KDD 2018, section 3.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, stdtr, stdtrit

from recli.kernels import sequences
from recli.kernels.covariances import Moments

Values = npt.NDArray[np.float64]
NAN = float("nan")
Interval = tuple[float, float]
NONE: Interval = (NAN, NAN)


@dataclass(frozen=True)
class Ratios:
    """A group's metric and covariates, and the covariance of their linear parts."""

    users: int
    values: Values  # [1 + covariates]
    spread: Values  # [1 + covariates, 1 + covariates], of one user
    some: int  # users with any of the metric


def ratios(group: Moments) -> Ratios:
    """The metric and the covariates of a group; NaN where a denominator is 0."""
    top, bottom = group.mean[::2], group.mean[1::2]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.where(bottom == 0, NAN, top / bottom)
        linear = np.zeros((len(group.mean), len(values)))
        for at, value in enumerate(values):
            linear[2 * at, at] = 1 / bottom[at]
            linear[2 * at + 1, at] = -value / bottom[at]
        spread = _quadratic(linear, group.covariance)
    return Ratios(group.users, values, spread, group.some)


def _quadratic(by: Values, covariance: Values) -> Values:
    """The covariance of a linear map, 0 where no more than rounding is left of its terms."""
    found: Values = by.T @ covariance @ by
    rounding = 1e-12 * (np.abs(by.T) @ np.abs(covariance) @ np.abs(by))
    return np.where(np.abs(found) <= rounding, 0.0, found)


@dataclass(frozen=True)
class Difference:
    """How far a group is from another: estimates, and what their intervals are made of."""

    value: float
    variance: float  # of the estimate
    pooled: float  # the same if users of both groups vary alike
    freedom: float  # degrees, of Welch and Satterthwaite
    base: float  # the metric of the other group
    base_variance: float
    shared: float  # covariance of the difference and the base
    users: tuple[int, int]
    some: int  # users with any of the metric, in the group that has fewer

    @property
    def known(self) -> bool:
        """Whether there is any spread to hold the difference against."""
        return bool(np.isfinite(self.variance) and self.variance > 0 and self.freedom > 0)

    @property
    def z(self) -> float:
        """The difference in standard errors."""
        return self.value / float(np.sqrt(self.variance))

    @property
    def size(self) -> float:
        """How much two groups tell: users of each of two alike that would tell as much."""
        return 2 / (1 / self.users[0] + 1 / self.users[1])

    def p_value(self) -> float:
        """Chance of a difference so large where there is none: Welch's t test, two sides."""
        return float(2 * stdtr(self.freedom, -abs(self.z))) if self.known else NAN

    def reach(self, alpha: float) -> float:
        """Standard errors to each side of the interval for one look at the end."""
        return float(stdtrit(self.freedom, 1 - alpha / 2)) if self.known else NAN

    def interval(self, reach: float) -> Interval:
        """The difference, so many standard errors less and more."""
        wide = reach * float(np.sqrt(self.variance))
        return (self.value - wide, self.value + wide) if np.isfinite(wide) else NONE

    def relative(self, reach: float) -> Interval:
        """The interval of the difference by the size of the base, as of Fieller.

        The shares r that the data do not refute: (value - r base)² at most reach² times its
        variance. NaN where the base is itself not told apart from 0, so that any share may be.
        Fieller, "Some problems in interval estimation", JRSS B 1954.
        """
        if not np.isfinite(reach):
            return NONE
        base, squared = abs(self.base), reach**2
        shared = self.shared * np.sign(self.base)
        a = base**2 - squared * self.base_variance
        b = base * self.value - squared * shared
        c = self.value**2 - squared * self.variance
        if not a > 0:
            return NONE
        root = float(np.sqrt(max(b**2 - a * c, 0.0)))
        return (b - root) / a, (b + root) / a


def difference(treated: Ratios, control: Ratios, weights: Values | None = None) -> Difference:
    """Metric of a group less that of another, less `weights` times that of the covariates.

    With weights this is CUPED: Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online
    controlled experiments by utilizing pre-experiment data", WSDM 2013, section 3.
    """
    weights = np.zeros(len(treated.values) - 1) if weights is None else weights
    mixed = np.concatenate([[1.0], -weights])
    users = np.array([treated.users, control.users], float)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.array([_quadratic(mixed, one.spread) for one in (treated, control)]) / users
        left = np.maximum(users - 1 - np.count_nonzero(weights) / 2, 0)
        freedom = parts.sum() ** 2 / np.sum(parts**2 / left)
        base = control.spread[0] / users[1]
        value = float(mixed @ (treated.values - control.values))
        return Difference(
            value,
            float(parts.sum()),
            float(np.sum(parts * users / users[::-1])),
            float(freedom),
            float(control.values[0]),
            float(base[0]),
            -float(mixed @ base),
            (treated.users, control.users),
            min(treated.some, control.some),
        )


def weights(treated: Ratios, control: Ratios) -> Values:
    """What each covariate counts for [covariates], so that the variance is least.

    One that is the same for all users counts for nothing.
    """
    spread = treated.spread / treated.users + control.spread / control.users
    inner, outer = spread[1:, 1:], spread[1:, 0]
    if not np.isfinite(spread).all():
        return np.zeros(len(outer))
    scale = np.sqrt(np.diag(inner))
    scale[scale == 0] = 1.0
    found: Values = np.linalg.pinv(inner / np.outer(scale, scale), rcond=1e-9) @ (outer / scale)
    return found / scale


def always(apart: Difference, planned: float, alpha: float) -> tuple[float, float]:
    """Standard errors to each side of the always-valid interval, and its p value.

    `planned` is the `size` that the test is to have at its end. Both are NaN before each group
    has enough users for a first look. Early on, a small group in which few happened to have any
    of the metric seems to vary little; so the variance is at least the pooled one. (A share of
    10% and skewed amounts rang a false alarm in 13% of tests without this, in 2% with it.)
    """
    if not apart.known or min(apart.users) < sequences.LEAST or apart.some < sequences.SOME:
        return NAN, NAN
    wider = max(1.0, float(np.sqrt(apart.pooled / apart.variance)))
    x = sequences.best(alpha) * apart.size / planned
    reach = wider * float(sequences.reach(x, alpha))
    return reach, float(sequences.p_value(apart.z / wider, x))


def ratio_mismatch(users: Values, shares: Values) -> float:
    """P value of so many users in each group, where they were to be in these shares.

    Pearson's chi-squared test: Fabijan et al., "Diagnosing sample ratio mismatch in online
    controlled experiments", KDD 2019.
    """
    expected = users.sum() * shares / shares.sum()
    return float(chdtrc(len(users) - 1, np.sum((users - expected) ** 2 / expected)))


def holm(values: Values) -> Values:
    """P values such that the chance of any false alarm among them is held; NaN is no test.

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 1979.
    """
    adjusted = np.full(len(values), np.nan)
    order = np.argsort(values)[: np.count_nonzero(~np.isnan(values))]  # NaN sorts last
    times = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * times), 1.0)
    return adjusted
