"""Metrics of the catalogue, of novelty and diversity against slow definitions."""

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recli.kernels.distances import labels
from recli.kernels.exposure import Exposure
from recli.kernels.numbering import Numbering
from recli.metrics.coverage import Coverage
from recli.metrics.gini import Gini

# The fixtures are plain functions: nothing of one example reaches the next.
FIXTURES = [HealthCheck.function_scoped_fixture]


def exposed(shown):
    return Exposure(np.array(shown, np.int64), len(shown))


exposures = st.lists(st.integers(0, 20), min_size=1, max_size=12)


@given(exposure=exposures)
def test_gini_is_half_the_relative_mean_difference(exposure):
    count, total = len(exposure), sum(exposure)
    found = Gini().of_catalogue(exposed(exposure))
    if total == 0:
        assert math.isnan(found)
    else:
        gaps = sum(abs(a - b) for a, b in itertools.product(exposure, repeat=2))
        assert found == pytest.approx(gaps / (2 * count * total))


def test_gini_of_known_cases():
    assert Gini().of_catalogue(exposed([3, 3, 3])) == 0
    assert Gini().of_catalogue(exposed([0, 0, 0, 8])) == 0.75


@given(exposure=exposures)
def test_coverage_is_the_share_of_items_shown(exposure):
    shown = sum(count > 0 for count in exposure) / len(exposure)
    assert Coverage().of_catalogue(exposed(exposure)) == pytest.approx(shown)


def test_novelty_is_the_mean_information_of_the_items_there_are(laid, value):
    bits = [1.0, 2.0, 3.0] + [0.0] * 97
    lists = laid([[0, 2, 2], [1], []], [{}, {}, {}], bits=bits)
    found = value("novelty@3", lists)
    assert found[:2].tolist() == [2.0, 2.0]
    assert np.isnan(found[2])


kinds = st.lists(st.lists(st.sampled_from("abcd"), max_size=4), min_size=6, max_size=6)


@settings(deadline=None, max_examples=60, suppress_health_check=FIXTURES)
@given(kinds=kinds, items=st.lists(st.integers(0, 7), unique=True, max_size=6))
def test_diversity_is_the_mean_jaccard_distance_of_pairs(kinds, items, laid, value):
    # Items 6 and 7 are not in the table: nothing is known of them.
    names = [f"i{at}" for at in range(6)]
    table = pl.DataFrame(
        {"item_id": names, "genres": kinds}, schema_overrides={"genres": pl.List(pl.String)}
    )
    numbering = Numbering(pl.String)
    numbering.of(table["item_id"])
    carried = {"genres": labels(table, "genres", numbering)}
    found = value("diversity@5(by=genres)", laid([items], [{}], labels=carried))[0]
    known = [set(kinds[item]) if item < 6 else set() for item in items[:5]]
    pairs = [
        1 - len(a & b) / len(a | b) if a | b else 1.0 for a, b in itertools.combinations(known, 2)
    ]
    if pairs:
        assert found == pytest.approx(sum(pairs) / len(pairs))
    else:
        assert math.isnan(found)


def test_diversity_compares_a_plain_category_too():
    numbering = Numbering(pl.String)
    table = pl.DataFrame({"item_id": ["a", "b", "c"], "brand": ["x", "x", None]})
    numbering.of(table["item_id"])
    assert labels(table, "brand", numbering).toarray().tolist() == [[1], [1], [0]]
