"""Two lists of a user: against sets, and against numbers that others computed."""

import random

import numpy as np
import pytest

from recli.kernels import score_shift, two_lists
from recli.kernels.lists import Rows

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
# RBO_ext of a list and the alphabet, p = .9, by the program of Webber, the paper's first author
# (as kept in test_data/uneven_abc.json of github.com/mpetri/rbo).
UNEVEN = {
    "karfvodcjmwgzlypebunq": 0.468431,
    "zhatsimjpnkvcfxwqgoeryubd": 0.364444,
    "sozxjfdenvqkbgryapc": 0.307626,
    "f": 0.053090,
    "zclx": 0.233312,
    "nxqyk": 0.049050,
}
# The same with p = .4, and of permutations of the 25 letters that each has (permute_abc.json).
OTHER_P = {"bnesoactrp": (0.4, 0.172992), "aweptzrs": (0.4, 0.770904), "fgmrd": (0.4, 0.007230)}
PERMUTED = {
    "jtnxyzovchmfldbksguqewari": 0.256365,
    "achudyxfktsrzwbgqjenolivm": 0.640332,
    "agmtrsyhfidnjobwzkxvucqel": 0.548749,
}


def rows(*lists):
    items = [item for one in lists for item in one]
    starts = np.cumsum([0, *map(len, lists)])
    return Rows(starts.astype(np.int64), np.array(items, np.int32))


def letters(word):
    return [ALPHABET.index(letter) for letter in word]


def rbo(one, other, p=0.9):
    found = two_lists.compared(rows(letters(one)), rows(letters(other)), 100, 26, p)
    return found[two_lists.RBO, 0]


@pytest.mark.parametrize(("word", "expected"), UNEVEN.items())
def test_rbo_of_uneven_lists_is_the_published_one(word, expected):
    assert rbo(word, ALPHABET) == pytest.approx(expected, abs=1e-6)
    assert rbo(ALPHABET, word) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("word", "expected"), PERMUTED.items())
def test_rbo_of_permutations_is_the_published_one(word, expected):
    assert rbo(word, "".join(sorted(word))) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("word", OTHER_P)
def test_rbo_bears_another_persistence(word):
    p, expected = OTHER_P[word]
    assert rbo(ALPHABET, word, p) == pytest.approx(expected, abs=1e-6)


def test_measures_are_those_of_sets():
    rng = random.Random(3)
    old = [rng.choices(range(30), k=rng.randint(0, 12)) for _ in range(300)]
    new = [rng.choices(range(30), k=rng.randint(0, 12)) for _ in range(290)] + old[290:]
    for k in (1, 5, 10, 10**9):
        found = two_lists.compared(rows(*old), rows(*new), k, 30)
        for user, (before, after) in enumerate(zip(old, new, strict=True)):
            a, b = (list(dict.fromkeys(one[:k])) for one in (before, after))
            if not (a and b):
                assert np.isnan(found[:, user]).all()
                continue
            both = set(a) & set(b)
            assert found[:, user] == pytest.approx(
                [
                    len(both) / max(len(a), len(b)),
                    len(set(b) - set(a)) / len(b),
                    len(both) / len(set(a) | set(b)),
                    slow_rbo(a, b, 0.9),
                    float(a == b),
                ]
            )


def slow_rbo(one, other, p):
    """Equation 32, term by term."""
    short, long = sorted((one, other), key=len)
    s, l = len(short), len(long)  # noqa: E741
    x = [len(set(short[:d]) & set(long[:d])) for d in range(l + 1)]
    total = sum(x[d] / d * p**d for d in range(1, l + 1))
    total += sum(x[s] * (d - s) / (s * d) * p**d for d in range(s + 1, l + 1))
    return (1 - p) / p * total + ((x[l] - x[s]) / l + x[s] / s) * p**l


def test_scores_are_compared_on_the_items_in_both_lists():
    old, new = rows([0, 1, 2, 1], [3]), rows([2, 4, 1, 2], [])
    before = np.array([9.0, 1.0, 2.0, 5.0, 1.0])
    sums, pairs = two_lists.common(old, before, new, np.array([4.0, 7.0, 1.5, 8.0]), 5)
    assert pairs.tolist() == [2, 0]
    assert sums[:, 0].tolist() == [3.0, 5.5, 2.5]
    assert np.isnan(sums[:, 1]).all()
    sums, pairs = two_lists.common(old, before, new, np.array([np.nan, 7.0, 1.5, 8.0]), 5)
    assert (pairs[0], sums[2, 0]) == (1, 0.5)


def test_the_distance_of_distributions_is_that_of_scipy():
    from scipy.stats import ks_2samp

    rng = np.random.default_rng(5)
    for shift in (0.0, 0.3, -2.0):
        old, new = rng.normal(size=4000), rng.normal(shift, size=3000)
        counts = [score_shift.counted(one) for one in (old, new)]
        exact = ks_2samp(old, new).statistic
        assert score_shift.kolmogorov_smirnov(*counts) == pytest.approx(exact, abs=2e-3)


def test_the_stability_index_is_the_sum_over_tenths():
    # Ten equal tenths before; afterwards the lowest has twice as many, the highest none.
    old = np.repeat(np.arange(1.0, 11), 100)
    new = np.concatenate([np.repeat(1.0, 200), np.repeat(np.arange(2.0, 10), 100)])
    found = score_shift.stability_index(score_shift.counted(old), score_shift.counted(new))
    assert found == pytest.approx(0.1 * np.log(2) + (1e-4 - 0.1) * np.log(1e-3))
    assert np.isnan(score_shift.stability_index(score_shift.counted(old), score_shift.empty()))


def test_bins_are_in_the_order_of_the_scores():
    scores = np.array([-np.inf, -5.0, -1e-30, -0.0, 1e-30, 3.0, np.inf])
    bins = [int(score_shift.counted(np.array([score])).argmax()) for score in scores]
    assert bins == sorted(bins)
    assert score_shift.counted(np.array([0.0, -0.0, np.nan])).max() == 2
