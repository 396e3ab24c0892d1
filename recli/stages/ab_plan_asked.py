"""What a plan of an A/B test is asked for: effects, powers, and a metric told by hand."""

import math

from recli.errors import ExitCode, RecliError
from recli.kernels.sample_size import Metric
from recli.stages.ab_gates import share_or_number


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
