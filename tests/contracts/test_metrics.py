"""What every metric in the folder must do, found by being there."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from recli import registry
from recli.kernels.lists import Items, Rows, beside
from recli.stages.evaluate_asked import parsed

NAMES = registry.names("metrics")
LABELS = {"genres": sparse.csr_array(np.eye(10, dtype=np.int8))}


def rows(items):
    starts = np.cumsum([0, *map(len, items)]).astype(np.int64)
    return Rows(starts, np.array([item for part in items for item in part], np.int32))


def laid(lists, truth):
    gains = np.ones(sum(map(len, truth)))
    known = Items(10, np.arange(10.0), LABELS)
    nothing = rows([[]] * len(lists))
    return beside(rows(lists), rows(truth), gains, nothing, 5, known)[0]


def metric(name, k=3):
    plugin = registry.load("metrics", name)
    columns = ":by=genres" if "by" in [field.name for field in registry.fields(plugin)] else ""
    places = "" if hasattr(plugin, "of_pairs") else f"@{k}"
    return parsed(f"{name}{places}{columns}").metric


def test_the_folder_is_not_empty():
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_measures_in_one_way_and_has_known_needs(name):
    plugin = registry.load("metrics", name)
    ways = [hasattr(plugin, way) for way in ("of_users", "of_catalogue", "of_pairs")]
    assert sum(ways) == 1
    assert hasattr(plugin, "of_mean") == hasattr(plugin, "of_pairs")
    assert set(getattr(plugin, "NEEDS", ())) <= {"history", "items"}


@pytest.mark.parametrize("name", [x for x in NAMES if hasattr(metric(x), "of_users")])
def test_a_user_does_not_depend_on_the_others_nor_k_on_the_width(name):
    lists = [[0, 1, 2, 3, 4], [5], [], [6, 7, 8]]
    truth = [[1, 4], [5, 6], [2], [9]]
    whole = laid(lists, truth)
    before = [array.copy() for array in (whole.gains, whole.ideal, whole.items)]
    for k in (1, 3, 5, 50):
        together = metric(name, k).of_users(whole, k)
        alone = [
            metric(name, k).of_users(laid([one], [wanted]), k)[0]
            for one, wanted in zip(lists, truth, strict=True)
        ]
        assert together.shape == (4,)
        np.testing.assert_array_equal(together, alone)
    after = (whole.gains, whole.ideal, whole.items)
    assert all((a == b).all() for a, b in zip(before, after, strict=True))


@pytest.mark.parametrize("name", [x for x in NAMES if hasattr(metric(x), "of_pairs")])
def test_no_error_is_the_best_and_a_larger_one_is_worse(name):
    errors = np.array([0.0, 0.5, -0.5, 3.0, -3.0])
    worth = metric(name).of_mean(metric(name).of_pairs(errors))
    assert worth[0] == 0
    assert worth[1] == worth[2] < worth[3] == worth[4]
    assert metric(name).LESS_IS_BETTER


def test_help_reads_no_heavy_library():
    code = "import sys, recli.cli.commands.evaluate; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    assert not {"numpy", "polars", "pyarrow", "numba", "scipy"} & set(loaded)
