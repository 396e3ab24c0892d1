"""Metrics of what a user wanted: the worked example, ir_measures, and slow definitions."""

import math

import ir_measures
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, P, R, Success, nDCG

# The fixtures are plain functions: nothing of one example reaches the next.
FIXTURES = [HealthCheck.function_scoped_fixture]
A, B, C, D, E, F = range(6)
EXAMPLE = ([[A, B, C, D, F]], [{B: 1, D: 1, E: 1}])
cases = st.lists(
    st.tuples(
        st.lists(st.integers(0, 15), unique=True, max_size=12),
        st.dictionaries(st.integers(0, 15), st.integers(1, 4), min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("precision@5", 2 / 5),
        ("recall@5", 2 / 3),
        ("map@5", 1 / 3),
        ("ndcg@5", 0.498),
        ("ndcg@5(exp)", 0.498),
        ("mrr@5", 0.5),
        ("hit-rate@5", 1.0),
    ],
)
def test_agrees_with_the_worked_example(word, expected, laid, value):
    assert value(word, laid(*EXAMPLE))[0] == pytest.approx(expected, abs=5e-4)


@settings(deadline=None, max_examples=60, suppress_health_check=FIXTURES)
@given(case=cases, k=st.sampled_from([1, 3, 5, 10, 20]))
def test_agrees_with_ir_measures(case, k, laid, value):
    pairs = {
        "ndcg": nDCG @ k,
        "precision": P @ k,
        "recall": R @ k,
        "map": AP @ k,
        "mrr": RR @ k,
        "hit-rate": Success @ k,
    }
    peer = peer_values(case, list(pairs.values()))
    lists = laid([items for items, _ in case], [wanted for _, wanted in case])
    for name, measure in pairs.items():
        word = f"{name}@{k}" + ("(all)" if name == "map" else "")
        expected = [peer.get((str(user), measure), 0.0) for user in range(len(case))]
        np.testing.assert_allclose(value(word, lists), expected, atol=1e-6)


def peer_values(case, measures):
    """What ir_measures says, by user and measure; it orders by score."""
    truth = [
        ir_measures.Qrel(str(user), str(item), gain)
        for user, (_, wanted) in enumerate(case)
        for item, gain in wanted.items()
    ]
    run = [
        ir_measures.ScoredDoc(str(user), str(item), float(100 - place))
        for user, (items, _) in enumerate(case)
        for place, item in enumerate(items)
    ]
    found = ir_measures.iter_calc(measures, truth, run)
    return {(one.query_id, one.measure): one.value for one in found}


@settings(deadline=None, max_examples=60, suppress_health_check=FIXTURES)
@given(case=cases, k=st.integers(1, 15))
def test_other_definitions_agree_with_slow_ones(case, k, laid, value):
    lists = laid([items for items, _ in case], [wanted for _, wanted in case])
    slow = {
        "ndcg@{}(exp)": slow_ndcg,
        "recall@{}(cap)": lambda items, wanted, k: (
            len(set(items[:k]) & set(wanted)) / min(k, len(wanted))
        ),
        "map@{}": slow_map,
    }
    for word, definition in slow.items():
        expected = [definition(items, wanted, k) for items, wanted in case]
        np.testing.assert_allclose(value(word.format(k), lists), expected, atol=1e-12)


def slow_ndcg(items, wanted, k):
    def dcg(gains):
        return sum((2**gain - 1) / math.log2(at + 2) for at, gain in enumerate(gains[:k]))

    best = sorted(wanted.values(), reverse=True)
    return dcg([wanted.get(item, 0) for item in items]) / dcg(best)


def slow_map(items, wanted, k):
    hits = [place for place, item in enumerate(items[:k], 1) if item in wanted]
    return sum(at / place for at, place in enumerate(hits, 1)) / min(k, len(wanted))


def test_a_user_with_nothing_relevant_is_left_out(laid, value):
    lists = laid([[A, B], [A, B]], [{A: 0.0}, {A: 1}])
    for word in ("ndcg@2", "recall@2", "precision@2", "map@2", "mrr@2", "hit-rate@2"):
        found = value(word, lists)
        assert np.isnan(found[0])
        assert found[1] > 0


def test_a_user_without_a_list_counts_as_zero(laid, value):
    lists = laid([[]], [{A: 1}])
    for word in ("ndcg@2", "recall@2", "precision@2", "map@2", "mrr@2", "hit-rate@2"):
        assert value(word, lists).tolist() == [0]


def test_a_repeated_item_counts_once_and_keeps_its_place(laid, value):
    lists = laid([[A, A, B]], [{A: 1, B: 1}])
    assert value("precision@2", lists)[0] == 0.5
    assert value("map@3", lists)[0] == pytest.approx((1 + 2 / 3) / 2)


def test_a_list_shorter_than_k_is_not_divided_by_its_own_length(laid, value):
    assert value("precision@10", laid([[A]], [{A: 1}], depth=1))[0] == 0.1
