"""What every metric in the folder must do, found by being there."""

import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from recli import registry
from recli.kernels.lists import Items, Rows, beside, differences, errors_of, laid_out
from recli.kernels.past import Before, Past
from recli.kernels.shown import Log
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_tally import measured

RANGE = re.compile(r"(\d+)(?: to (.*)| and up)")
NAMES = registry.names("metrics")
WAYS = ("of_users", "of_ratio", "of_catalogue", "of_scores")
LABELS = {"genres": sparse.csr_array(np.eye(10, dtype=np.int8))}
LISTS = [[0, 1, 2, 3, 4], [5], [], [6, 7, 8]]
TRUTH = [[1, 4], [5, 6], [2], [9]]


def rows(items):
    starts = np.cumsum([0, *map(len, items)]).astype(np.int64)
    return Rows(starts, np.array([item for part in items for item in part], np.int32))


def laid(lists, truth):
    """Lists with everything that a metric may read; scores fall with places."""
    history = rows([[9, 0, 3]] * len(lists))
    past = Past()
    past.add(rows([[9, 0, 3], [0, 3], [0]]), np.ones(6, np.float32), 10)
    past.order = np.array([0, 3, 9], np.int32)
    known = Items(10, np.arange(10.0), LABELS, {"price": np.arange(10.0)}, past, 10)
    offered, wanted = rows(lists), rows(truth)
    found = beside(offered, wanted, np.ones(len(wanted.items)), history, 5, known)[0]
    places = np.concatenate([np.arange(len(one)) for one in lists] or [[]])
    scores = 1 / (places + 2.0)
    ratings = np.full(len(wanted.items), 0.25)
    return replace(
        found,
        before=Before(history, past, known),
        scores=laid_out(offered, scores, 5),
        errors=errors_of(wanted, differences(offered, scores, wanted, ratings, 10)),
        log=Log(offered, places.astype(np.int64) + 1, places % 2 == 1, None, wanted, None, None),
    )


def metric(name, k=3):
    plugin = registry.load("metrics", name)
    columns = "(by=genres)" if "by" in [field.name for field in registry.fields(plugin)] else ""
    places = "" if getattr(plugin, "PLACES", "") == "none" else f"@{k}"
    return parsed(f"{name}{places}{columns}")


def averaged(name, k, lists):
    return np.array(measured(metric(name, k), lists))


def test_the_folder_is_not_empty():
    assert len(NAMES) >= 30


@pytest.mark.parametrize("name", NAMES)
def test_measures_in_one_way_and_says_what_it_is(name):
    plugin = registry.load("metrics", name)
    assert sum(hasattr(plugin, way) for way in WAYS) == 1
    assert {word for need in getattr(plugin, "NEEDS", ()) for word in need.split(" or ")} <= {
        "history", "items", "score", "rating", "log",
    }  # fmt: skip
    assert getattr(plugin, "PLACES", "needed") in ("needed", "optional", "none")
    assert plugin.RANGE
    assert plugin.SOURCE
    assert len(registry.help_line("metrics", name)) <= 88


@pytest.mark.parametrize("name", [x for x in NAMES if metric(x).averaged])
def test_a_user_does_not_depend_on_the_others_nor_k_on_the_width(name):
    whole = laid(LISTS, TRUTH)
    arrays = (whole.gains, whole.ideal, whole.items, whole.scores)
    before = [array.copy() for array in arrays]
    for k in (1, 3, 5, 50):
        together = averaged(name, k, whole)
        alone = [
            averaged(name, k, laid([one], [wanted]))[:, 0]
            for one, wanted in zip(LISTS, TRUTH, strict=True)
        ]
        assert together.shape == (2, 4)
        np.testing.assert_array_equal(together, np.transpose(alone))
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, arrays, strict=True))


@pytest.mark.parametrize("name", [x for x in NAMES if metric(x).averaged])
def test_values_are_in_the_range_that_is_told(name):
    found = averaged(name, 3, laid(LISTS, TRUTH))
    assert not np.isnan(found).all(axis=1).any()
    ratio = metric(name).shown(
        np.array([np.nansum(found[0]) / found[1, ~np.isnan(found[0])].sum()])
    )
    low, high = RANGE.fullmatch(registry.load("metrics", name).RANGE.partition(";")[0]).groups()
    assert ratio[0] >= float(low)
    assert ratio[0] <= (float(high) if high and high[0].isdigit() else np.inf)


@pytest.mark.parametrize("name", ["rmse", "mae"])
def test_no_error_is_the_best_and_a_larger_one_is_worse(name):
    one = metric(name)
    lists = laid(LISTS, TRUTH)
    users = np.arange(4)
    errors = np.array([0.0, 0.5, -0.5, 3.0])
    worth, counts = one.metric.of_ratio(replace(lists, errors=(users, errors)), 1)
    assert counts.tolist() == [1, 1, 1, 1]
    assert worth[0] == 0
    assert worth[1] == worth[2] < worth[3]
    assert one.less_is_better


def test_help_reads_no_heavy_library():
    code = "import sys, recli.cli.commands.evaluate; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"numpy", "polars", "pyarrow", "numba", "scipy"} & set(loaded)
