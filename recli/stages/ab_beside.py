"""A variant of an A/B test beside the control: numbers, and the word for them."""

from dataclasses import dataclass, replace

import numpy as np

from recli.kernels.experiment import (
    Difference,
    Interval,
    Ratios,
    always,
    difference,
    holm,
    weights,
)
from recli.stages.ab_metrics import Metric

NAN = float("nan")
BETTER, WORSE, SAME = "better", "worse", "not told apart"
UNEVEN, UNSURE, GUARDED = "uneven users", "no spread", "guardrail only"


@dataclass(frozen=True)
class Level:
    """How sure one is to be, and when one looks."""

    alpha: float = 0.05
    sequential: bool = False  # whether the always-valid interval decides
    expect: int = 10_000  # users of the whole test, at which that interval is tightest


@dataclass(frozen=True)
class Beside:
    """What one metric says of a variant and the control."""

    metric: Metric
    variant: str
    control: str
    segment: str | None  # None is everybody
    users: tuple[int, int]
    means: tuple[float, float]
    apart: Difference
    plain: Difference  # without covariates
    before: float  # p value of a difference of the covariates
    always: tuple[float, float]  # standard errors to each side, p value
    level: Level
    p_adjusted: float = NAN
    verdict: str = ""

    @property
    def p_value(self) -> float:
        """For one look at the end."""
        return self.apart.p_value()

    @property
    def deciding(self) -> float:
        """The p value that the verdict goes by."""
        return self.always[1] if self.level.sequential else self.p_value

    @property
    def once(self) -> float:
        """Standard errors to each side for one look at the end."""
        return self.apart.reach(self.level.alpha)

    @property
    def reach(self) -> float:
        """The same of the interval that gates go by."""
        return self.always[0] if self.level.sequential else self.once

    @property
    def relative(self) -> float:
        """The difference by the size of the control's metric."""
        size = abs(self.apart.base)
        return self.apart.value / size if size > 0 else NAN

    @property
    def interval(self) -> Interval:
        """Of the difference, for one look."""
        return self.apart.interval(self.once)

    @property
    def variance_left(self) -> float:
        """Share of the variance that covariates leave."""
        return self.apart.variance / self.plain.variance if self.plain.known else NAN


def beside(
    metric: Metric,
    names: tuple[str, str],
    segment: str | None,
    pair: tuple[Ratios, Ratios],
    shares: tuple[float, float],
    level: Level,
) -> Beside:
    """A variant and the control, of what is known of their users."""
    plain = difference(*pair)
    apart, before = plain, NAN
    if len(pair[0].values) > 1 and plain.known:
        apart = difference(*pair, weights(*pair))
        before = _before(pair)
    planned = 2 * level.expect / (1 / shares[0] + 1 / shares[1])
    found = always(apart, planned, level.alpha)
    users = (pair[0].users, pair[1].users)
    means = (float(pair[0].values[0]), float(pair[1].values[0]))
    return Beside(metric, *names, segment, users, means, apart, plain, before, found, level)


def _before(pair: tuple[Ratios, Ratios]) -> float:
    """The least p value of the covariates: before the test the groups should be alike."""
    least = []
    for at in range(1, len(pair[0].values)):
        own = [
            Ratios(one.users, one.values[at:][:1], one.spread[at:, at:][:1, :1], one.some)
            for one in pair
        ]
        least.append(difference(own[0], own[1]).p_value())
    return min((p for p in least if p == p), default=NAN)  # noqa: PLR0124


def judged(found: list[Beside], compared: tuple[Metric, ...], *, even: bool) -> list[Beside]:
    """The same with verdicts, held over all comparisons of everybody, and over all of segments.

    Nothing is better or worse where users are not split as they were to be.
    """
    p_values = np.array([one.deciding for one in found])
    adjusted = np.full(len(found), NAN)
    for everybody in (True, False):
        family = np.array(
            [one.metric in compared and (one.segment is None) == everybody for one in found], bool
        )
        adjusted[family] = holm(p_values[family])
    return [
        replace(one, p_adjusted=float(p), verdict=_verdict(one, float(p), compared, even=even))
        for one, p in zip(found, adjusted, strict=True)
    ]


def _verdict(one: Beside, p: float, compared: tuple[Metric, ...], *, even: bool) -> str:
    if not even:
        return UNEVEN
    if one.metric not in compared:
        return GUARDED
    if not one.apart.known:
        return UNSURE
    if not p <= one.level.alpha:
        return SAME
    return BETTER if (one.apart.value > 0) != one.metric.less else WORSE
