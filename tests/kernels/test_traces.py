"""Traces of truth in lists and histories, against dictionaries."""

import random

import numpy as np

from recli.kernels.lists import Rows
from recli.kernels.traces import InHistory, InLists, earlier, in_history, in_lists

USERS, ITEMS = 400, 12


def drawn(rng, longest):
    return [[rng.randrange(ITEMS) for _ in range(rng.randint(0, longest))] for _ in range(USERS)]


def rows(lists):
    items = np.array([item for one in lists for item in one], np.int32)
    return Rows(np.cumsum([0, *map(len, lists)]).astype(np.int64), items)


def moments(rng, lists):
    return [[rng.randrange(6) for _ in one] for one in lists]


def flat(lists):
    return np.array([value for one in lists for value in one], np.int64)


def test_counts_in_lists_are_those_of_sets():
    rng = random.Random(1)
    lists, truth = drawn(rng, 5), drawn(rng, 4)
    gains = [[float(rng.random() < 0.7) for _ in one] for one in truth]
    expected = np.zeros(6, int)
    for items, chosen, worth in zip(lists, truth, gains, strict=True):
        wanted = {item for item, gain in zip(chosen, worth, strict=True) if gain}
        distinct = list(dict.fromkeys(items))
        if not (wanted and distinct):
            continue
        hits = [item in wanted for item in distinct]
        mixed = any(hits) and not all(hits)
        parted = mixed and hits == sorted(hits, reverse=True)
        expected += [1, len(distinct), len(wanted), sum(hits), mixed, parted]
    found = in_lists(rows(lists), rows(truth), flat(gains).astype(float), ITEMS)
    assert InLists(*found.tolist()) == InLists(*expected.tolist())
    assert 0 < expected[5] < expected[4]


def test_counts_in_history_are_those_of_sets():
    rng = random.Random(2)
    truth, history = drawn(rng, 4), drawn(rng, 9)
    at, past = moments(rng, truth), moments(rng, history)
    expected = np.zeros(4, int)
    for one, when, before, then in zip(truth, at, history, past, strict=True):
        known = {*zip(before, then, strict=True)}
        expected += [
            len(one),
            sum(item in before for item in one),
            sum(pair in known for pair in zip(one, when, strict=True)),
            bool(one and then and max(then) > min(when)),
        ]
    found = in_history(rows(truth), flat(at), rows(history), flat(past), ITEMS)
    assert InHistory(*found.tolist()) == InHistory(*expected.tolist())
    untimed = in_history(rows(truth), None, rows(history), None, ITEMS)
    assert untimed.tolist() == [*expected[:2].tolist(), 0, 0]


def test_lists_are_held_against_the_first_row_of_truth():
    rng = random.Random(3)
    truth, lists = drawn(rng, 3), drawn(rng, 3)
    at, made = moments(rng, truth), moments(rng, lists)
    late = sum(bool(a and b and max(b) > min(a)) for a, b in zip(at, made, strict=True))
    starts = rows(truth).starts, rows(lists).starts
    assert earlier(starts[0], flat(at), starts[1], flat(made)) == late
