"""Whether `ab read` and `ab plan` keep what they say: coverage, false alarms, power, by simulation.

    python tests/benchmarks/ab_simulation.py [RUNS]

2,000 runs take about a minute; then a share of 5% is known to within 1%.
"""

import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from recli.kernels import sample_size, sequences
from recli.kernels.covariances import Moments
from recli.kernels.experiment import (
    Difference,
    Ratios,
    always,
    difference,
    ratio_mismatch,
    ratios,
    weights,
)
from recli.kernels.sample_size import Design, Metric

Values = npt.NDArray[np.float64]
Draw = np.random.Generator
World = Callable[[Draw, int, bool], Values]  # users' columns [columns, users], in the variant?
LIFT = 0.1


def amount(draw: Draw, users: int, treated: bool) -> Values:
    """Normal, with more spread in the variant."""
    return ones(draw.normal(10 * (1 + LIFT * treated), 3 + 3 * treated, users))


def rate(draw: Draw, users: int, treated: bool) -> Values:
    """3% of users buy."""
    return ones((draw.random(users) < 0.03 * (1 + LIFT * treated)).astype(float))


def revenue(draw: Draw, users: int, treated: bool) -> Values:
    """Nine users of ten buy nothing, the others log-normal amounts: a skewness of 11."""
    bought = draw.random(users) < 0.1
    return ones(bought * draw.lognormal(0, 1, users) * (1 + LIFT * treated))


def before(draw: Draw, users: int, treated: bool) -> Values:
    """Skewed amounts of users who bought alike before the test: x, of which half know none."""
    taste = draw.gamma(1, 1, users)
    past, now = draw.poisson(5 * taste), draw.poisson(5 * taste * (1 + LIFT * treated))
    known = draw.random(users) < 0.5
    return np.stack([now, np.ones(users), past * known, known]).astype(float)


def ratio(draw: Draw, users: int, treated: bool) -> Values:
    """Clicks by what was shown, where users who see more click more of it."""
    shown = 1 + draw.poisson(draw.gamma(1, 10, users))
    likes = draw.beta(1, 20, users) * (1 + LIFT * treated) * (1 + shown / 100)
    return np.stack([draw.binomial(shown, np.minimum(likes, 1)), shown]).astype(float)


BASE = {amount: 10, rate: 0.03, revenue: 0.1 * np.exp(0.5), before: 5, ratio: 13.31 / 21 / 11}


def ones(values: Values) -> Values:
    return np.stack([values, np.ones(len(values))])


def known(columns: Values) -> Ratios:
    return ratios(
        Moments(
            columns.shape[1], columns.mean(axis=1), np.cov(columns), np.count_nonzero(columns[0])
        )
    )


def apart(draw: Draw, world: World, users: tuple[int, int], lift: bool = True) -> Difference:
    """A variant beside the control, adjusted where the world has a covariate."""
    treated, control = known(world(draw, users[0], lift)), known(world(draw, users[1], False))
    if len(treated.values) == 1:
        return difference(treated, control)
    return difference(treated, control, weights(treated, control))


def truth(world: World) -> float:
    """The difference: the control's metric, of which the lift is a share."""
    return LIFT * BASE[world]


def coverage(world: World, users: tuple[int, int], runs: int) -> tuple[float, float]:
    """Share of the 95% intervals that hold the truth: of differences, of relative ones."""
    draw, right = np.random.default_rng(1), truth(world)
    hits = np.zeros(2)
    for _ in range(runs):
        found = apart(draw, world, users)
        reach = found.reach(0.05)
        low, high = found.interval(reach)
        below, above = found.relative(reach)
        hits += [low <= right <= high, below <= LIFT <= above]
    return tuple(hits / runs)


def alarms_at_every_user(world: World, users: int, share: float, runs: int) -> float:
    """Share of runs without an effect in which the sequence ever leaves out 0."""
    draw, alarms = np.random.default_rng(2), 0
    planned = 2 * users * share * (1 - share)
    for _ in range(runs):
        treated = draw.random(users) < share
        values = world(draw, users, False)[0]
        parts = []
        for group in (treated, ~treated):
            count = np.maximum(np.cumsum(group), 2)
            mean = np.cumsum(values * group) / count
            squares = np.cumsum(values**2 * group) / count
            some = np.cumsum((values != 0) * group)
            parts.append((count, mean, (squares - mean**2) / (count - 1), some))
        (n, mean, var, some), (m, other, rest, any_) = parts
        enough = (np.minimum(n, m) >= sequences.LEAST) & (np.minimum(some, any_) >= sequences.SOME)
        ready = enough & (var + rest > 0)
        variance = np.maximum(var + rest, var * n / m + rest * m / n)[ready]
        z = (mean - other)[ready] / np.sqrt(variance)
        x = sequences.best(0.05) * (2 / (1 / n + 1 / m))[ready] / planned
        alarms += bool((sequences.p_value(z, x) <= 0.05).any())
    return alarms / runs


def stops(world: World, looks: int, step: int, expect: float, lift: bool, runs: int) -> Values:
    """Users at which each run says that there is a difference, NaN where it never does.

    It looks so often, each time after `step` more users of each variant.
    """
    draw, found = np.random.default_rng(3), np.full(runs, np.nan)
    for run in range(runs):
        groups = [so_far(world(draw, looks * step, treated), step) for treated in (lift, False)]
        for look, pair in enumerate(zip(*groups, strict=True), 1):
            treated, control = map(ratios, pair)
            covered = len(treated.values) > 1
            by = weights(treated, control) if covered else None
            if always(difference(treated, control, by), expect / 2, 0.05)[1] <= 0.05:
                found[run] = 2 * step * look
                break
    return found


def so_far(columns: Values, step: int) -> list[Moments]:
    """What is known of the first users, after each step."""
    parts = columns.reshape(len(columns), -1, step)  # [columns, looks, users]
    sums = parts.sum(axis=2).cumsum(axis=1).T
    products = np.einsum("ilu,jlu->lij", parts, parts).cumsum(axis=0)
    some = (parts[0] != 0).sum(axis=1).cumsum()
    found = []
    for look, (total, product) in enumerate(zip(sums, products, strict=True)):
        users = step * (look + 1)
        mean = total / users
        covariance = (product - users * np.outer(mean, mean)) / (users - 1)
        found.append(Moments(users, mean, covariance, int(some[look])))
    return found


def power(world: World, metric: Metric, design: Design, runs: int) -> tuple[int, float]:
    """Users that a plan for 80% asks for, and how often they find the effect."""
    draw = np.random.default_rng(4)
    users = sample_size.users(metric, truth(world), 0.8, design)
    sizes = (round(users * design.variant), round(users * design.control))
    found = [apart(draw, world, sizes).p_value() <= design.alpha for _ in range(runs)]
    return round(users), float(np.mean(found))


def planned(world: World, design: Design) -> Metric:
    """What `ab plan` learns from many users, if they vary as they will in the test.

    A lift of a tenth makes amounts vary more in the variant, by a fifth; a plan from past users
    takes both to vary alike.
    """
    draw = np.random.default_rng(5)
    pair = [known(world(draw, 1_000_000, treated)) for treated in (True, False)]
    mixed = np.concatenate([[1.0], -weights(*pair)])
    shares = np.array([design.variant, design.control])
    variance, left = (
        float(sum(values / shares) / sum(1 / shares))
        for values in (
            np.array([one.spread[0, 0] for one in pair]),
            np.array([mixed @ one.spread @ mixed for one in pair]),
        )
    )
    if world is rate:
        variance = left = 0.03 * 0.97
    return Metric(float(pair[1].values[0]), variance, world is rate, left / variance)


def main(runs: int) -> None:
    print(f"{runs:,} runs\n\ncoverage of 95% intervals, % (93.5-96.5)")
    for world, users in (
        (amount, (50, 50)),
        (amount, (100, 400)),
        (rate, (2000, 2000)),
        (rate, (10_000, 2000)),
        (revenue, (2000, 2000)),
        (before, (500, 500)),
        (ratio, (1000, 1000)),
    ):
        plain, relative = coverage(world, users, runs)
        print(f"  {world.__name__:8} {users!s:14} {plain:7.1%} relative {relative:7.1%}")
    print("\nfalse alarms, 10,000 users, a look after every one, % (at most 5)")
    for world in (amount, rate, revenue):
        for share in (0.5, 0.1):
            found = alarms_at_every_user(world, 10_000, share, runs)
            print(f"  {world.__name__:8} share of the variant {share}: {found:.1%}")
    print("\nthe same after every 100 users, with a covariate or of a ratio")
    for world in (before, ratio):
        found = np.isfinite(stops(world, 100, 50, 10_000, False, runs)).mean()
        print(f"  {world.__name__:8} {found:.1%}")
    draw = np.random.default_rng(6)
    counts = draw.multinomial(10_000, [0.6, 0.3, 0.1], runs).astype(float)
    values = np.array([ratio_mismatch(one, np.array([0.6, 0.3, 0.1])) for one in counts])
    print(f"\nuneven users: p < 0.05 in {(values < 0.05).mean():.1%} of fair splits")
    print("\npower of the users that a plan for 80% asks for, %")
    for world in (amount, rate, revenue, before, ratio):
        for control in (0.5, 0.8):
            design = Design(control=control, variant=1 - control)
            users, found = power(world, planned(world, design), design, runs)
            print(f"  {world.__name__:8} control {control}: {users:7,} users, {found:.1%}")
    price = sequences.price(0.05, 0.8)
    users = sample_size.users(planned(before, Design()), truth(before), 0.8, Design())
    step = round(price.most * users / 200)
    ends = stops(before, 100, step, 200 * step, True, runs)
    mean = np.where(np.isfinite(ends), ends, 200 * step).mean()
    print(
        f"\n100 looks, planned for 80%: {np.isfinite(ends).mean():.1%} power, "
        f"{mean:,.0f} users on average, {price.mean * users:,.0f} planned"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
