"""Plan an A/B test: users by effect and power, or what so many users can find."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from recli.engines.result import Block
from recli.errors import ExitCode, RecliError
from recli.kernels import sample_size
from recli.kernels.experiment import Ratios, ratios, weights
from recli.kernels.sample_size import Design, Metric
from recli.kernels.sequences import Price, price
from recli.stages.ab_inputs import Question
from recli.stages.ab_tally import Tally

NAN = float("nan")


@dataclass(frozen=True)
class Choices:
    """What a plan is asked for."""

    effects: tuple[tuple[float, bool], ...]  # and whether it is a share of the mean
    powers: tuple[float, ...] = (0.8,)
    shares: tuple[float, ...] = (0.5, 0.5)  # of the variants, the control first
    alpha: float = 0.05
    two_sided: bool = True
    expect: int | None = None  # users of the whole test
    users_a_day: float | None = None

    @property
    def design(self) -> Design:
        """The comparison that needs most users: the smallest variant and the control.

        Alpha is shared by the comparisons, as Holm does with the first of them.
        """
        control, *others = self.shares
        return Design(self.alpha / len(others), self.two_sided, control, min(others))


@dataclass(frozen=True)
class Plan:
    """One row: an effect, a power, and the users by which they go together."""

    name: str
    metric: Metric
    effect: float
    power: float
    users: float
    price: Price | None  # of looking all the time; None where users were given

    @property
    def relative(self) -> float:
        """The effect by the size of the mean."""
        return self.effect / abs(self.metric.mean) if self.metric.mean else NAN


def measured(
    blocks: Iterable[Block], question: Question, correlation: float | None
) -> Iterator[tuple[str, Metric]]:
    """What past users say of each metric: mean, variance, what covariates leave of it."""
    tally = Tally(question)
    for block in blocks:
        tally.add(block)
    where = question.tables["log"].where
    for at, metric in enumerate(question.metrics):
        found = ratios(tally.moments[at].of(0))
        variance = float(found.spread[0, 0])
        if not variance > 0:
            raise RecliError(
                f"{where}: {metric.word} is the same for all {found.users:,} users, or there are "
                "too few",
                "name another metric, or take more users",
            )
        kept = _kept(found) if correlation is None else 1 - correlation**2
        yield metric.word, Metric(float(found.values[0]), variance, metric.any, kept)


def _kept(found: Ratios) -> float:
    """Share of the variance that covariates leave."""
    mixed = np.concatenate([[1.0], -weights(found, found)])
    return float(mixed @ found.spread @ mixed / found.spread[0, 0])


def plans(metrics: Iterable[tuple[str, Metric]], choices: Choices) -> list[Plan]:
    """Every metric with every effect and power."""
    return [
        one
        for name, metric in metrics
        for one in (_needed if choices.expect is None else _given)(name, metric, choices)
    ]


def _needed(name: str, metric: Metric, choices: Choices) -> Iterator[Plan]:
    if not choices.effects:
        raise RecliError(
            "a plan goes by an effect, or by users",
            "give --effect 2%, or --expect USERS to see what they can find",
            code=ExitCode.USAGE,
        )
    design = choices.design
    for effect in _effects(name, metric, choices):
        for power in choices.powers:
            users = sample_size.users(metric, effect, power, design)
            yield Plan(name, metric, effect, power, users, price(2 * _one_side(design), power))


def _one_side(design: Design) -> float:
    return design.alpha / 2 if design.two_sided else design.alpha


def _given(name: str, metric: Metric, choices: Choices) -> Iterator[Plan]:
    size = float(choices.expect or 0)
    for effect in _effects(name, metric, choices):
        power = sample_size.power(metric, effect, size, choices.design)
        yield Plan(name, metric, effect, power, size, None)
    for power in () if choices.effects else choices.powers:
        effect = sample_size.effect(metric, power, size, choices.design)
        if math.isnan(effect):
            raise RecliError(
                f"--expect {choices.expect:,}: so few users find no effect on {name}",
                "plan for more",
                code=ExitCode.USAGE,
            )
        yield Plan(name, metric, effect, power, size, None)


def _effects(name: str, metric: Metric, choices: Choices) -> Iterator[float]:
    """The effects in the unit of the metric; RecliError (usage) where it cannot be."""
    for size, relative in choices.effects:
        effect = size * abs(metric.mean) if relative else size
        beyond = metric.binary and not 0 <= metric.mean + effect <= 1
        if beyond or effect == 0:
            raise RecliError(
                f"an effect of {effect:+.4g} on {name}, which is {metric.mean:.4g}, cannot be",
                "a share of users stays between 0 and 1, and a share of 0 is nothing",
                code=ExitCode.USAGE,
            )
        yield effect
