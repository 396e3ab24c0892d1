"""Differences of lists for the same users: against slow versions, scipy, and pure chance."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from recli.kernels import paired
from recli.kernels.bootstrap import BUCKETS, dealt, draws
from recli.kernels.holm import corrected
from recli.kernels.paired import Difference, Paired, swaps
from recli.stages.evaluate import Outcome
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_compare import Compared
from recli.stages.evaluate_verdict import sentences

WEIGHTS = draws(0)


def same(means):
    return means


def buckets(count, seed=0):
    return dealt(pl.Series([f"user {at}" for at in range(count)]), seed)


def compared(own, baseline, shown=same, seed=0):
    """Differences of values [columns, users]."""
    found = Paired(len(own))
    each = np.ones_like(own)
    found.add(buckets(own.shape[1]), (own, each), (baseline, each))
    return found.differences([shown] * len(own), WEIGHTS, seed)


def like_ndcg(rng, users, columns):
    """Values of two lists that differ by chance alone, most of them 0."""
    shape = 2, columns, users
    return rng.random(shape) * (rng.random(shape) < 0.3)


def test_the_interval_is_that_of_users_drawn_with_both_of_their_values():
    rng = np.random.default_rng(1)
    own, baseline = like_ndcg(rng, 500, 1)[:, 0]
    own[:7], baseline[5:9] = np.nan, np.nan
    (found,) = compared(own[None], baseline[None])
    both = ~np.isnan(own + baseline)
    assert found.users == 491
    assert found.value == pytest.approx((own - baseline)[both].mean())
    assert found.relative == pytest.approx(found.value / baseline[both].mean())
    shares = WEIGHTS[:, buckets(500)[both]]  # how often each user is drawn
    means = (shares * (own - baseline)[both]).sum(axis=1) / shares.sum(axis=1)
    assert [found.low, found.high] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())


@pytest.mark.parametrize(("users", "shift"), [(12, 0.2), (30, 0.0), (300, 0.02)])
def test_p_values_are_those_of_scipy(users, shift):
    rng = np.random.default_rng(users)
    own, baseline = like_ndcg(rng, users, 1)[:, 0]
    own = own + shift
    (found,) = compared(own[None], baseline[None])
    expected = stats.permutation_test(
        (own, baseline),
        lambda x, y, axis: (x - y).mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    ).pvalue
    assert abs(found.p_value - expected) < 5 * math.sqrt(2 * expected * (1 - expected) / 1e4)


def test_ratios_are_compared_as_they_are_shown():
    # Users swap what is above the line with what is below it.
    rng = np.random.default_rng(4)
    counts = rng.integers(1, 5, (2, 40)).astype(float)
    values = rng.exponential(size=(2, 40)) * counts
    found = Paired(1)
    found.add(buckets(40), *((values[[at]], counts[[at]]) for at in (0, 1)))
    (one,) = found.differences([np.sqrt], WEIGHTS, 0)
    ratios = np.sqrt(values.sum(axis=1) / counts.sum(axis=1))
    assert one.value == pytest.approx(ratios[0] - ratios[1])
    kept = np.concatenate([*swaps(9999, 0)])[:, buckets(40)] > 0  # [drawings, users]
    apart = [
        np.sqrt(
            np.where(kept, values[at], values[1 - at]).sum(axis=1)
            / np.where(kept, counts[at], counts[1 - at]).sum(axis=1)
        )
        for at in (0, 1)
    ]
    at_least = 1 + np.count_nonzero(np.abs(apart[0] - apart[1]) >= abs(one.value) - 1e-12)
    assert one.p_value == pytest.approx(at_least / 10_000)


@pytest.mark.parametrize("users", [30, 300])
def test_chance_is_called_a_difference_one_time_in_twenty(users):
    values = like_ndcg(np.random.default_rng(users), users, 300)
    parts = [compared(*values[:, first : first + 100]) for first in (0, 100, 200)]
    alarms = sum(one.p_value <= 0.05 for part in parts for one in part)
    # 15 of 300 are expected; 4 and 28 are more than 2.8 standard errors off.
    assert 4 < alarms < 28


def test_equal_lists_are_never_told_apart():
    values = like_ndcg(np.random.default_rng(2), 200, 3)[0]
    for one in compared(values, values.copy()):
        assert (one.value, one.low, one.high, one.p_value) == (0, 0, 0, 1)


def test_no_bit_depends_on_the_cut_of_the_users():
    own, baseline = like_ndcg(np.random.default_rng(3), 1000, 2)
    whole, cut = Paired(2), Paired(2)
    each = np.ones_like(own)
    whole.add(buckets(1000), (own, each), (baseline, each))
    for first in range(0, 1000, 77):
        run = slice(first, first + 77)
        sides = [(values[:, run], each[:, run]) for values in (own, baseline)]
        cut.add(buckets(1000)[run], *sides)
    found = [sums.differences([same] * 2, WEIGHTS, 0) for sums in (whole, cut)]
    assert found[0] == found[1]


def test_nobody_in_common_is_no_comparison():
    own = np.array([[1.0, np.nan]])
    (found,) = compared(own, own[:, ::-1].copy())
    assert found.users == 0
    assert math.isnan(found.p_value)
    assert math.isnan(found.low)


def test_signs_are_fair_and_differ_by_bucket():
    signs = np.concatenate([*swaps(1500, 0)])
    assert signs.shape == (1500, BUCKETS)
    assert set(np.unique(signs)) == {-1, 1}
    assert abs(signs.mean()) < 5 / math.sqrt(signs.size)
    # Neighbours in a drawing, and drawings of a bucket, have nothing to do with each other.
    assert abs((signs[:, 1:] * signs[:, :-1]).mean()) < 5 / math.sqrt(signs.size)
    assert abs((signs[1:] * signs[:-1]).mean()) < 5 / math.sqrt(signs.size)


def test_holm_is_that_of_the_worked_example():
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"); what is missing is no comparison.
    found = corrected(np.array([0.01, 0.04, np.nan, 0.03, 0.005]))
    np.testing.assert_allclose(found, [0.03, 0.06, np.nan, 0.06, 0.02])
    assert corrected(np.array([0.5, 0.9])).tolist() == [1, 1]
    assert corrected(np.zeros(0)).tolist() == []


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    users=st.integers(1, 60),
    shift=st.sampled_from([-0.3, -0.05, 0, 0.00001, 0.05, 0.3]),
    word=st.sampled_from(["ndcg@10", "rmse"]),
)
def test_better_is_never_said_where_the_interval_holds_zero(seed, users, shift, word):
    own, baseline = like_ndcg(np.random.default_rng(seed), users, 2)
    own = own + shift
    drawings, paired.FLIPS = paired.FLIPS, 299
    try:
        found = compared(own, baseline, np.abs)
    finally:
        paired.FLIPS = drawings
    adjusted = corrected(np.array([one.p_value for one in found]))
    asked = parsed(word)
    every = [
        Compared(asked, "lists", "popularity", one, float(p))
        for one, p in zip(found, adjusted, strict=True)
    ]
    for one in every:
        difference = one.difference
        ahead = difference.high < 0 if asked.less_is_better else difference.low > 0
        behind = difference.low > 0 if asked.less_is_better else difference.high < 0
        sure = one.p_adjusted < 0.05
        words = {(True, False): "better", (False, True): "worse"}
        assert one.verdict == words.get((ahead and sure, behind and sure), "not told apart")
        (line,) = sentences(Outcome(["lists"], [], {}, comparisons=[one]))
        said = line.partition(" (")[0]
        low, high = line.partition("[")[2].partition("]")[0].split(", ")
        if float(low) <= 0 <= float(high):
            assert said == f"lists: not told apart from popularity on {asked.label}"


def test_a_clear_interval_alone_is_not_enough():
    # Three users are always ahead, but with three that is no more than chance.
    (found,) = compared(np.array([[0.3, 0.4, 0.5]]), np.zeros((1, 3)))
    assert found.low > 0
    assert found.p_value == pytest.approx(0.25, abs=0.03)
    one = Compared(parsed("ndcg@5"), "a", "b", found, found.p_value)
    assert one.verdict == "not told apart"
    sure = Difference(0.5, 0.1, -0.01, 0.9, 0.001, 9)
    assert Compared(parsed("ndcg@5"), "a", "b", sure, 0.001).verdict == "not told apart"
