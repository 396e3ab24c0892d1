"""Negatives are never known positives and follow the weights of the pool."""

import numpy as np
import pytest
from numba import njit
from scipy import stats

from recli.kernels.negatives import TRIES, Known, Pool, below, draw_negative, position, scramble

RANDOM = np.random.default_rng(5)


@njit
def draws(user, block, known, pool, state, count):
    drawn = np.empty(count, np.int64)
    for index in range(count):
        drawn[index], state = draw_negative(user, block, known, pool, state)
    return drawn


def known_of(rows):
    starts = np.cumsum([0, *map(len, rows)])
    items = np.array([item for row in rows for item in sorted(row)], np.int32)
    return Known(starts, items, np.ones(len(items)))


def pool_of(popularity, bounds):
    items = RANDOM.permutation(len(popularity)).astype(np.int32)
    return Pool(np.array(bounds), items, np.cumsum(np.asarray(popularity, np.float64)[items]))


@pytest.mark.parametrize("block", [0, 1])
@pytest.mark.parametrize("power", [0.0, 0.75])
def test_negatives_follow_the_weights_of_the_items_that_are_left(power, block):
    popularity = np.arange(1.0, 41.0) ** power
    liked = {3, 17, 21, 30, 39}
    known, pool = known_of([{1, 2}, liked]), pool_of(popularity, [0, 25, 40])
    drawn = draws(1, block, known, pool, np.uint64(11), 20_000)
    left = np.setdiff1d(pool.items[pool.bounds[block] : pool.bounds[block + 1]], list(liked))
    counts = np.bincount(drawn, minlength=40)
    assert counts.sum() == counts[left].sum() == 20_000
    share = popularity[left] / popularity[left].sum()
    assert stats.chisquare(counts[left], share * 20_000).pvalue > 0.001


def test_an_item_without_weight_is_not_drawn():
    popularity = np.ones(10)
    popularity[[0, 4, 9]] = 0.0
    pool = Pool(np.array([0, 10]), np.arange(10, dtype=np.int32), np.cumsum(popularity))
    drawn = draws(0, 0, known_of([set()]), pool, np.uint64(3), 5_000)
    assert set(drawn.tolist()) == {1, 2, 3, 5, 6, 7, 8}


def test_a_user_who_knows_every_item_gets_no_negative():
    known, pool = known_of([set(range(12))]), pool_of(np.ones(12), [0, 12])
    item, state = draw_negative(0, 0, known, pool, np.uint64(1))
    assert item == -1
    # The stream moved on by a bounded number of draws.
    step = 0x9E3779B97F4A7C15
    assert int(state) == (1 + TRIES * step) % 2**64


def test_position_is_numpys_searchsorted():
    for _ in range(500):
        values = np.sort(RANDOM.integers(0, 20, RANDOM.integers(0, 30)))
        low = int(RANDOM.integers(0, len(values) + 1))
        high = int(RANDOM.integers(low, len(values) + 1))
        value = int(RANDOM.integers(-1, 22))
        expected = low + np.searchsorted(values[low:high], value)
        assert position(values, value, low, high) == expected


def test_scramble_is_splitmix64():
    # The first outputs of splitmix64 for seed 1234567, as published with its reference code.
    step = 0x9E3779B97F4A7C15
    states = [np.uint64((1234567 + step * count) % 2**64) for count in (1, 2, 3)]
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [int(scramble(state)) for state in states] == expected


def test_below_stays_below_its_end():
    largest = np.uint64(2**64 - 1)
    assert [below(largest, end) for end in (1, 7, 2**31)] == [0, 6, 2**31 - 1]
    assert below(np.uint64(0), 7) == 0
