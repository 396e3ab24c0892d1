"""Offers side by side, their scales, sums and best places, against slow obvious versions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels import best_first
from recli.kernels.blending import SCALES, blended, first_items, reciprocal, scaled
from recli.kernels.offers import best_places, laid
from recli.kernels.simplex import WHOLE, maximised

ITEMS = 9
one_list = st.lists(
    st.tuples(st.integers(0, ITEMS - 1), st.sampled_from([-2.0, 0.0, 0.5, 0.5, 3.0])), max_size=6
)
several = st.lists(st.lists(one_list, min_size=2, max_size=2), min_size=1, max_size=4)


def offers_of(sources):
    """Offers of lists [source][user] of pairs of item and score."""
    flat = [pair for source in sources for rows in source for pair in rows]
    lengths = [[len(rows) for rows in source] for source in sources]
    ends = np.cumsum([0, *[n for source in lengths for n in source]])
    users = len(sources[0])
    starts = np.array([ends[at * users : (at + 1) * users + 1] for at in range(len(sources))])
    items = np.array([item for item, _ in flat], np.int32)
    scores = np.array([score for _, score in flat], np.float32)
    return laid(starts.astype(np.int64), items, scores, ITEMS, np.zeros(users, np.int64))


def once(rows):
    """A list with every item at its first place alone."""
    kept = {}
    for item, score in rows:
        kept.setdefault(item, score)
    return list(kept.items())


def slow_scaled(rows, scale):
    """The items of a list with their scores on a scale."""
    rows = once(rows)
    scores = np.array([score for _, score in rows], np.float64)
    if not rows or scale == "none":
        return dict(rows)
    same = scores.min() == scores.max()
    if scale == "rank":
        found = (len(rows) - np.arange(len(rows))) / len(rows)
    elif scale == "min-max":
        found = np.ones(len(rows)) if same else (scores - scores.min()) / np.ptp(scores)
    else:
        found = np.zeros(len(rows)) if same else (scores - scores.mean()) / scores.std()
    return {item: value for (item, _), value in zip(rows, found, strict=True)}


@settings(deadline=None, max_examples=60)
@given(several, st.sampled_from(SCALES))
def test_a_blend_is_the_sum_of_what_each_list_gives(sources, scale):
    offers = offers_of(sources)
    weights = np.arange(1.0, len(sources) + 1)
    sums = blended(offers, scaled(offers, scale), weights[None])
    for user in range(2):
        lists = [slow_scaled(source[user], scale) for source in sources]
        pairs = range(offers.starts[user], offers.starts[user + 1])
        assert {int(offers.items[pair]) for pair in pairs} == {i for one in lists for i in one}
        for pair in pairs:
            least = [min([0.0, *one.values()]) for one in lists]
            own = [one.get(offers.items[pair], low) for one, low in zip(lists, least, strict=True)]
            assert sums[pair] == pytest.approx(np.dot(weights, own), rel=1e-6, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(several)
def test_places_count_the_first_of_repeated_items(sources):
    offers = offers_of(sources)
    best, first = best_places(offers)
    for user in range(2):
        lists = [[item for item, _ in once(source[user])] for source in sources]
        for pair in range(offers.starts[user], offers.starts[user + 1]):
            item = offers.items[pair]
            places = [one.index(item) + 1 if item in one else 99 for one in lists]
            assert best[pair] == min(places)
            assert first[pair] == places.index(min(places))
            total = sum(1 / (60 + place) for place in places if place != 99)
            fused = blended(offers, reciprocal(offers, 60), np.ones((1, len(sources))))
            assert fused[pair] == pytest.approx(total, rel=1e-6)


@settings(deadline=None, max_examples=40)
@given(several, st.integers(1, 8))
def test_the_first_items_are_those_of_the_whole_order(sources, k):
    offers = offers_of(sources)
    scores = blended(offers, scaled(offers, "min-max"), np.ones((1, len(sources))))
    starts, items = first_items(offers, scores, offers.ties(), k)
    kept, ranks = best_first.first_k(offers.starts, scores, offers.ties(), k)
    assert items.tolist() == offers.items[kept].tolist()
    assert np.diff(starts).sum() == len(ranks)


def test_a_search_finds_the_top_of_a_hill_and_of_a_ridge():
    hill = maximised(lambda w: -sum(abs(a - b) for a, b in zip(w, (7, 80, 13), strict=True)), 3)
    assert hill[0] == (7, 80, 13)
    assert maximised(lambda w: w[1], 4)[0] == (0, WHOLE, 0, 0)
    flat, value, _ = maximised(lambda _: 1.0, 3)
    assert (flat, value) == ((34, 33, 33), 1.0)


def test_a_search_of_four_is_nearly_as_good_as_looking_everywhere():
    def value(w):
        return round(-((w[0] - 40) ** 2 + (w[1] - 25) ** 2 + w[2] * w[3] / 3), -1)

    every = max(
        value((a, b, c, 100 - a - b - c))
        for a in range(0, 101, 5)
        for b in range(0, 101 - a, 5)
        for c in range(0, 101 - a - b, 5)
    )
    assert maximised(value, 4)[1] >= every
