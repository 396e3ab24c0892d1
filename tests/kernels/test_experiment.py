"""The numbers of A/B tests against scipy, statsmodels, slow obvious versions and simulation."""

import numpy as np
import pytest
from scipy import stats

from recli.kernels import sample_size, sequences
from recli.kernels.covariances import Covariances, Moments
from recli.kernels.experiment import (
    Difference,
    Ratios,
    always,
    difference,
    holm,
    ratio_mismatch,
    ratios,
    weights,
)
from recli.kernels.sample_size import Design, Metric

# By statsmodels 0.14, TTestIndPower().solve_power(d, alpha=0.05, power=0.8, ratio=r): all users.
T_TEST_USERS = [
    (0.5, 0.5, 127.53),
    (0.5, 0.2, 198.16),
    (0.5, 0.8, 198.16),
    (0.2, 0.5, 786.81),
    (0.2, 0.2, 1228.31),
    (0.05, 0.5, 12560.10),
]


def known(*columns: np.ndarray) -> Ratios:
    values = np.stack(columns).astype(float)
    covariance = np.atleast_2d(np.cov(values))
    some = np.count_nonzero(values[0])
    return ratios(Moments(values.shape[1], values.mean(axis=1), covariance, some))


def mean_of(values: np.ndarray) -> Ratios:
    return known(values, np.ones(len(values)))


def test_moments_are_those_of_all_users_whatever_the_blocks() -> None:
    draw = np.random.default_rng(0)
    values = draw.normal(1e9, 1, (3, 900))  # the squares of which lose the spread
    values[0, ::3] = 0
    groups = draw.integers(0, 4, 900)
    whole, parts = Covariances(3), Covariances(3)
    whole.add(values, groups)
    for begin, end in ((0, 1), (1, 1), (1, 500), (500, 900)):
        parts.add(values[:, begin:end], groups[begin:end])
    for group in range(4):
        own = values[:, groups == group]
        found = whole.of(group)
        assert (found.users, found.some) == (own.shape[1], np.count_nonzero(own[0]))
        np.testing.assert_allclose(found.mean, own.mean(axis=1), rtol=1e-14)
        np.testing.assert_allclose(found.covariance[1:, 1:], np.cov(own[1:]), rtol=1e-6)
        assert np.array_equal(found.covariance, parts.of(group).covariance)
    assert whole.of(9).users == 0


def test_a_difference_of_means_is_welch_s_t_test() -> None:
    draw = np.random.default_rng(1)
    left, right = draw.gamma(1, 3, 60), draw.gamma(1, 2, 40)
    found = difference(mean_of(left), mean_of(right))
    other = stats.ttest_ind(left, right, equal_var=False)
    ends = other.confidence_interval(0.95)
    assert found.p_value() == pytest.approx(other.pvalue, rel=1e-12)
    assert found.freedom == pytest.approx(other.df, rel=1e-12)
    assert found.interval(found.reach(0.05)) == pytest.approx((ends.low, ends.high), rel=1e-12)


def test_the_spread_of_a_ratio_is_that_of_the_jackknife() -> None:
    """Efron 1982: values less one user at a time; the two agree but for terms of 1/n."""
    draw = np.random.default_rng(2)
    shown = 1 + draw.poisson(8, 4000)
    clicked = draw.binomial(shown, draw.beta(1, 9, 4000))
    found = known(clicked, shown)
    left = (clicked.sum() - clicked) / (shown.sum() - shown)
    jackknife = 3999 / 4000 * np.sum((left - left.mean()) ** 2)
    assert found.values[0] == pytest.approx(clicked.sum() / shown.sum(), rel=1e-12)
    assert found.spread[0, 0] / 4000 == pytest.approx(jackknife, rel=2e-3)


def test_weights_of_covariates_leave_the_least_variance() -> None:
    draw = np.random.default_rng(3)
    groups = []
    for lift in (0.5, 0.0):
        before, age = draw.gamma(1, 2, 500), draw.normal(0, 1, 500)
        now = before + 0.5 * age + draw.normal(lift, 1, 500)
        one = np.ones(500)
        groups.append(known(now, one, before, one, age, one))
    best = weights(*groups)
    assert best == pytest.approx([1, 0.5], abs=0.1)
    least = difference(*groups, best).variance
    for step in ([0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05]):
        assert difference(*groups, best + step).variance > least
    assert least < 0.3 * difference(*groups).variance
    same = [
        Ratios(one.users, one.values, one.spread * [[1, 1, 0], [1, 1, 0], [0, 0, 0]], 9)
        for one in groups
    ]
    assert weights(*same)[1] == 0  # the same for all users


def test_the_relative_interval_holds_every_share_that_is_not_refuted() -> None:
    found = Difference(1.5, 0.36, 0.36, 1e9, 4.0, 0.25, -0.2, (99, 99), 99)
    below, above = found.relative(1.96)
    shares = np.linspace(-2, 4, 60_001)
    variance = 0.36 + 2 * shares * 0.2 + shares**2 * 0.25
    held = shares[np.abs(1.5 - shares * 4) <= 1.96 * np.sqrt(variance)]
    assert (below, above) == pytest.approx((held.min(), held.max()), abs=2e-4)
    unclear = Difference(1.5, 0.36, 0.36, 1e9, 0.5, 0.25, -0.2, (99, 99), 99)
    assert np.isnan(unclear.relative(1.96)).all()


def test_holm_and_the_test_of_the_split_are_those_of_others() -> None:
    found = holm(np.array([0.01, np.nan, 0.04, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, np.nan, 0.06, 0.06, 0.02])  # statsmodels, holm
    users, shares = np.array([5120.0, 4880.0, 2500.0]), np.array([0.4, 0.4, 0.2])
    other = stats.chisquare(users, users.sum() * shares)
    assert ratio_mismatch(users, shares) == pytest.approx(other.pvalue, rel=1e-10)


@pytest.mark.parametrize(("effect", "control", "users"), T_TEST_USERS)
def test_users_are_those_of_the_exact_t_test(effect: float, control: float, users: float) -> None:
    design = Design(control=control, variant=1 - control)
    metric = Metric(0.0, 1.0)
    found = sample_size.users(metric, effect, 0.8, design)
    assert found == pytest.approx(users, rel=0.006)
    assert sample_size.power(metric, effect, found, design) == pytest.approx(0.8, abs=1e-4)
    assert sample_size.effect(metric, 0.8, found, design) == pytest.approx(effect)


def test_users_of_a_rate_are_those_of_two_proportions() -> None:
    """Fleiss, "Statistical Methods for Rates and Proportions", unpooled: worked by hand."""
    z = 1.959964 + 0.841621
    by_hand = z**2 * (0.031 * 0.969 + 0.041 * 0.959) / 0.01**2  # of each group
    metric = Metric(0.031, 0.031 * 0.969, binary=True)
    found = sample_size.users(metric, 0.01, 0.8, Design())
    assert found == pytest.approx(2 * by_hand + 1.959964**2 / 2, rel=1e-5)
    assert sample_size.effect(metric, 0.8, found, Design()) == pytest.approx(0.01)
    half = Metric(0.031, 0.031 * 0.969, binary=True, kept=0.64)  # a correlation of 0.6
    assert sample_size.users(half, 0.01, 0.8, Design()) == pytest.approx(0.64 * found, rel=1e-3)


def test_the_sequence_is_tightest_where_it_is_planned_to_be() -> None:
    x = np.geomspace(0.1, 1000, 100_001)
    assert x[sequences.reach(x, 0.05).argmin()] == pytest.approx(sequences.best(0.05), rel=1e-3)
    apart = Difference(1.0, 0.1, 0.1, 999, 5.0, 0.05, -0.05, (400, 600), 100)
    for alpha in (0.01, 0.05):
        x_here = sequences.best(alpha) * apart.size / 5000
        reach, p_value = always(apart, 5000, alpha)
        assert reach == pytest.approx(sequences.reach(x_here, alpha))
        edge = Difference(reach * 0.1**0.5, *[*vars(apart).values()][1:])
        assert always(edge, 5000, alpha)[1] == pytest.approx(alpha)
        assert p_value > alpha
    assert np.isnan(always(Difference(1, 0.1, 0.1, 9, 5, 0.1, 0, (49, 600), 40), 5000, 0.05)).all()


def test_looks_after_every_user_ring_few_false_alarms_where_one_look_s_rule_rings_many() -> None:
    draw, runs, users = np.random.default_rng(4), 400, 4000
    signs = np.where(draw.random((runs, users)) < 0.5, 1.0, -1.0)
    values = draw.exponential(1, (runs, users)) - 1
    seen = np.arange(1, users + 1)[199:]
    z = (np.cumsum(signs * values, axis=1)[:, 199:]) / np.sqrt(seen)
    ever = sequences.p_value(z, sequences.best(0.05) * seen / users) <= 0.05
    assert ever.any(axis=1).mean() <= 0.05
    assert (np.abs(z) > 1.96).any(axis=1).mean() > 0.2


def test_intervals_cover_the_truth_of_skewed_amounts_with_covariates() -> None:
    """400 runs: 95% but for three standard errors of 1.1%."""
    draw, hits = np.random.default_rng(5), np.zeros(2)
    for _ in range(400):
        groups = []
        for lift in (1.2, 1.0):
            taste, one = draw.gamma(1, 1, 400), np.ones(400)
            groups.append(known(draw.poisson(5 * taste * lift), one, draw.poisson(5 * taste), one))
        found = difference(*groups, weights(*groups))
        reach = found.reach(0.05)
        (low, high), (below, above) = found.interval(reach), found.relative(reach)
        hits += [low <= 1 <= high, below <= 0.2 <= above]
    assert (np.abs(hits / 400 - 0.95) < 0.033).all()


def test_the_price_of_looking_is_paid_in_users() -> None:
    """The end alone, without the looks before, would ask for 1.91 times the users."""
    price = sequences.price(0.05, 0.8)
    reach = float(sequences.reach(sequences.best(0.05), 0.05))
    last = ((reach + 0.8416) / (1.96 + 0.8416)) ** 2
    assert 1.5 < price.most < last
    assert 0.9 < price.mean < 1.2 < price.most
