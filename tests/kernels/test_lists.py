"""Lists beside truth, buckets of users, and intervals."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels.bootstrap import BUCKETS, Sums, dealt, draws
from recli.kernels.lists import Items, Rows, beside, total
from recli.kernels.numbering import Numbering
from recli.kernels.past import Past

some = st.lists(st.lists(st.integers(0, 9), max_size=6), min_size=4, max_size=4)


def rows(items):
    starts = np.cumsum([0, *map(len, items)]).astype(np.int64)
    return Rows(starts, np.array([item for part in items for item in part], np.int32))


@settings(deadline=None)
@given(lists=some, truth=some, history=some, depth=st.integers(1, 7), gain=st.integers(-1, 3))
def test_places_match_a_dictionary_for_each_user(lists, truth, history, depth, gain):
    gains = np.array([(item + gain) % 4 for part in truth for item in part], np.float64)
    known = Items(10, np.zeros(0))
    found, faults = beside(rows(lists), rows(truth), gains, rows(history), depth, known)
    repeated = seen = at = 0
    for user, (offered, wanted) in enumerate(zip(lists, truth, strict=True)):
        best: dict[int, float] = {}
        for item in wanted:
            best[item] = max(best.get(item, 0.0), gains[at])
            at += 1
        best = {item: worth for item, worth in best.items() if worth > 0}
        ideal = sorted(best.values(), reverse=True)[:depth]
        assert found.relevant[user] == len(best)
        assert found.ideal[user].tolist() == ideal + [0] * (depth - len(ideal))
        for place in range(depth):
            item = offered[place] if place < len(offered) else -1
            again = item in offered[:place] and item >= 0
            repeated += again
            seen += item in history[user] and not again
            assert found.items[user, place] == (-1 if again else item)
            assert found.gains[user, place] == (0 if again else best.get(item, 0))
    assert (faults.repeated, faults.seen) == (repeated, seen)


def test_zeros_past_the_end_change_no_bit_of_a_sum():
    values = np.random.default_rng(0).random((50, 13))
    wide = np.pad(values, ((0, 0), (0, 40)))
    assert total(values).tobytes() == total(wide).tobytes()


def names(count):
    return pl.Series([f"user {n}" for n in range(count)])


def test_users_are_dealt_evenly_and_by_nothing_but_their_id_and_the_seed():
    found = dealt(names(40 * BUCKETS), seed=1)
    sizes = np.bincount(found, minlength=BUCKETS)
    assert len(sizes) == BUCKETS
    # Poisson: the variance of a bucket's size is its mean, give or take five standard errors.
    assert abs(sizes.var() / 40 - 1) < 5 * np.sqrt(2 / BUCKETS)
    assert dealt(names(100)[7:9], seed=1).tolist() == found[7:9].tolist()
    assert (dealt(names(100), seed=2) != found[:100]).any()


def test_means_are_exact_and_leave_out_nan():
    sums = Sums(2)
    values = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    sums.add(dealt(names(3), 0), values)
    assert sums.users.tolist() == [2, 0]
    assert sums.means[0] == 2
    low, high = sums.interval(draws(0))
    assert 1 <= low[0] < high[0] <= 3
    assert np.isnan([sums.means[1], low[1], high[1]]).all()


@pytest.mark.parametrize("users", [300, 20_000])
def test_ninety_five_intervals_of_a_hundred_hold_the_mean(users):
    held = 0
    for seed in range(60):
        values = np.random.default_rng(seed).exponential(size=(1, users))
        sums = Sums(1)
        sums.add(dealt(names(users), seed), values)
        low, high = sums.interval(draws(seed))
        held += low[0] <= 1.0 <= high[0]
    # 57 are expected; fewer than 51 would have a chance of about one in a thousand.
    assert held >= 51


def test_the_interval_is_as_wide_as_the_normal_one():
    values = np.random.default_rng(3).normal(size=(1, 50_000))
    sums = Sums(1)
    sums.add(dealt(names(50_000), 0), values)
    low, high = sums.interval(draws(0))
    assert high[0] - low[0] == pytest.approx(2 * 1.96 / np.sqrt(50_000), rel=0.1)


@given(parts=st.lists(st.lists(st.integers(-(2**62), 2**62), max_size=5), max_size=5))
def test_numbers_of_ids_last_over_tables(parts):
    numbering = Numbering(pl.Int64)
    given_out: dict[int, int] = {}
    for part in parts:
        expected = [given_out.setdefault(one, len(given_out)) for one in part]
        assert numbering.of(pl.Series(part, dtype=pl.Int64)).tolist() == expected
    assert numbering.ids().to_list() == list(given_out)


def test_the_past_counts_users_once_and_weights_always():
    past = Past()
    past.add(rows([[0, 0, 1], [0]]), np.array([1, 2, 3, 4], np.float32), 2)
    past.add(rows([[2]]), np.array([1], np.float32), 3)
    assert past.weights.tolist() == [7, 3, 1]
    assert past.chosen.tolist() == [2, 1, 1]
    expected = [-np.log2(2 / 3), -np.log2(1 / 3), -np.log2(1 / 3), -np.log2(1 / 3)]
    np.testing.assert_allclose(past.information(4), expected)
