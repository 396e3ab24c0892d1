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
from recli.stages.ab_gates import share_or_number
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


def numbers_of(flag: str, word: str) -> tuple[tuple[float, bool], ...]:
    """Numbers, or shares in percent, with commas between; RecliError (usage) where one is none."""
    found = [share_or_number(part.strip()) for part in word.split(",")]
    right = [one for one in found if one is not None and math.isfinite(one[0]) and one[0] != 0]
    if len(right) < len(found):
        raise RecliError(
            f"{flag} {word} cannot be read",
            f"write {flag} {'0.8,0.9' if flag == '--power' else '2%, 0.001 or 1%,2%,5%'}",
            code=ExitCode.USAGE,
        )
    return tuple(right)


def powers_of(word: str) -> tuple[float, ...]:
    """Chances between those of a false alarm and certainty; RecliError (usage) where not."""
    powers = tuple(value for value, _ in numbers_of("--power", word))
    if not all(0.05 < power < 1 for power in powers):
        raise RecliError(
            f"--power {word}: a power is between 0.05 and 1", "write 0.8", code=ExitCode.USAGE
        )
    return powers


def told(
    baseline: float | None,
    amount: tuple[float | None, float | None],
    correlation: float | None,
    data: str | None,
    asked: bool,
) -> list[tuple[str, Metric]]:
    """The metric that options tell of, none where DATA does; RecliError (usage) for both or none.

    `amount` is a mean and a standard deviation; `asked`: there are options that are for DATA.
    """
    by_hand = amount != (None, None)
    if (baseline is not None) + by_hand + (data is not None) != 1 or (asked and data is None):
        raise RecliError(
            "a metric is told by --baseline, by --mean and --sd, or by DATA with --metric",
            "give one of the three",
            code=ExitCode.USAGE,
        )
    kept = 1 - (correlation or 0.0) ** 2
    if baseline is not None:
        if not 0 < baseline < 1:
            raise RecliError(
                f"--baseline {baseline:g} is no share of users",
                "write 0.031 for 3.1%",
                code=ExitCode.USAGE,
            )
        return [("rate", Metric(baseline, baseline * (1 - baseline), True, kept))]
    if not by_hand:
        return []
    mean, sd = amount
    if mean is None or sd is None or not (sd > 0 and math.isfinite(mean + sd)):
        raise RecliError(
            "an amount is told by --mean and by --sd, which is above 0",
            "give both, or past users as DATA",
            code=ExitCode.USAGE,
        )
    return [("amount", Metric(mean, sd**2, False, kept))]


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
