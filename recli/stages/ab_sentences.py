"""What an A/B test came to in plain sentences, the verdict first."""

import math
from collections.abc import Iterator

from scipy.special import ndtri

from recli.kernels.experiment import Interval
from recli.kernels.sequences import LEAST
from recli.stages.ab_beside import BETTER, SAME, WORSE, Beside
from recli.stages.ab_gates import FLAGS
from recli.stages.ab_read import Held, Outcome

POWER = 0.8


def verdicts(outcome: Outcome) -> list[str]:
    """One sentence on each variant and metric that says something."""
    if not outcome.even:
        return [
            f"Do not read on: users are not split as asked, {split(outcome)}. Find out why before "
            "you believe any number of this test."
        ]
    first = outcome.found[0].metric
    everybody = [one for one in outcome.found if one.segment is None]
    said = [one for one in everybody if one.metric == first or one.verdict in (BETTER, WORSE)]
    return [f"{_sentence(one)}." for one in said]


def _sentence(one: Beside) -> str:
    on = f"{one.control} on {one.metric.word}"
    if one.verdict in (BETTER, WORSE):
        told = f"{one.variant} is {one.verdict} than {on}: {size(one)}"
        if not one.level.sequential and not one.always[1] <= one.level.alpha:
            told += "; this holds for one look at the planned end, not yet for a test still running"
        return told
    if one.verdict == SAME:
        return f"{one.variant} is not told apart from {on}: {size(one)}{_found(one)}"
    return f"{one.variant} beside {on}: all users alike, or too few: nothing to hold it against"


def size(one: Beside) -> str:
    """A difference with its interval, by the control where that is known, with its p value."""
    low, high = one.apart.relative(one.reach)
    told = f"{difference(one.apart.value, one.apart.interval(one.reach))} a user"
    if one.metric.bottom is not None:
        told = told.removesuffix(" a user")
    if not math.isnan(low):
        told = share(one.relative, (low, high))
    return f"{told}, {chance(one)}"


def chance(one: Beside) -> str:
    """The p value that the verdict goes by, and that it is one of several."""
    whole = math.isnan(one.p_adjusted) or one.p_adjusted == one.deciding
    return f"p {p_value(one.deciding)}" if whole else f"p {p_value(one.p_adjusted)} (Holm)"


def _found(one: Beside) -> str:
    """What a difference would have to be for so many users to find it."""
    least = (one.reach + float(ndtri(POWER))) * math.sqrt(one.apart.variance)
    base = abs(one.apart.base)
    if math.isnan(least):
        return ""
    shown = f"{100 * least / base:.2g}%" if base > 0 else f"{least:.2g}"
    return f"; so many users find a difference of {shown} with {POWER:.0%} power"


def title(found: list[Beside]) -> Iterator[str]:
    """What a metric is, and the verdict on each variant."""
    metric, less = found[0].metric, ", less is better" if found[0].metric.less else ""
    yield f"{metric.word}: {metric.per}{less}"
    for one in found:
        told = f"  {one.variant} {one.verdict}" + (
            f", {chance(one)}" if one.verdict in (BETTER, WORSE, SAME) else ""
        )
        if one.apart is not one.plain:
            told += f"; CUPED takes away {1 - one.variance_left:.0%} of the variance"
        yield told


def split(outcome: Outcome) -> str:
    """How many users each variant has, and what it was to have."""
    whole = sum(outcome.users.values())
    parts = [
        f"{name} {users:,} of {whole * outcome.shares[name]:,.0f}"
        for name, users in outcome.users.items()
    ]
    return f"{', '.join(parts)} expected (p {p_value(outcome.uneven)})"


def held(one: Held) -> str:
    """One line on a gate, for the report."""
    gate, how = one.gate, {"drop": "lower", "rise": "higher"}[one.gate.side]
    told = "not known" if math.isnan(one.worst) else f"at most {gate.shown(max(one.worst, 0.0))}"
    met = "held" if one.met else "NOT HELD"
    return (
        f"{gate.word} of {one.variant} is {told} {how}, {gate.shown(gate.bound)} is allowed: {met}"
    )


def failure(one: Held) -> str:
    """One line on a gate that was not met."""
    gate, how = one.gate, {"drop": "lower", "rise": "higher"}[one.gate.side]
    asked = f"at most {gate.shown(gate.bound)} was asked for ({FLAGS[gate.side]})"
    if math.isnan(one.worst):
        told = f"how much {how} {gate.word} of {one.variant} may be is not known"
    else:
        told = f"{gate.word} of {one.variant} may be {gate.shown(one.worst)} {how}"
    return f"gate not met: {told}, {asked}"


def uneven_gate(outcome: Outcome) -> str:
    """One line on users who are not split as they were to be."""
    return f"gate not met: users are not split as asked, {split(outcome)}"


def share(value: float, ends: Interval) -> str:
    """A relative difference with its interval: `+4.2% [+1.0%, +7.5%]`."""
    places = _places(100 * ends[0], 100 * ends[1])
    low, high = (f"{100 * end:+.{places}f}%" for end in ends)
    return f"{100 * value:+.{places}f}% [{low}, {high}]"


def difference(value: float, ends: Interval) -> str:
    """A difference with its interval, in as many places as it is known to."""
    if math.isnan(ends[0]):
        return f"{value:+.3g}"
    places = _places(*ends)
    return f"{value:+.{places}f} [{ends[0]:+.{places}f}, {ends[1]:+.{places}f}]"


def _places(low: float, high: float) -> int:
    """Places behind the point that show the first two digits of half an interval."""
    half = (high - low) / 2
    return max(0, 1 - math.floor(math.log10(half))) if half > 0 else 3


def p_value(value: float) -> str:
    """A chance in three places.

    >>> p_value(0.0123), p_value(1e-9)
    ('0.012', '<0.001')
    """
    if math.isnan(value):
        return "-"
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def notes(outcome: Outcome) -> Iterator[str]:
    """How the numbers were made."""
    one = outcome.found[0]
    level = one.level
    tests = sum(not math.isnan(one.p_adjusted) for one in outcome.found if one.segment is None)
    yield (
        f"intervals: {100 - 100 * level.alpha:.4g}%, Welch, for one look at the planned end; "
        "relative: Fieller"
    )
    yield f"any look: holds at each, from {LEAST} users a variant on"
    yield f"--expect {level.expect:,}: the users at which its interval is tightest"
    which = "any look" if level.sequential else "one look at the end"
    yield f"verdicts: by {which}" + (f", {tests} comparisons by Holm" if tests > 1 else "")
    yield ", ".join(f"{count:,} {name}" for name, count in outcome.counts.items())
