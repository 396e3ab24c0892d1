"""Exact search against a stable sort of all scores."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels.topk import rescored, top_k


def brute_force(scores, k, seen=None, only=None):
    """Columns and scores by sorting everything; `seen` is one set a query."""
    columns = np.full((len(scores), k), -1, np.int32)
    best = np.full((len(scores), k), -np.inf, np.float32)
    for query, row in enumerate(scores):
        left = [
            item
            for item in range(len(row))
            if np.isfinite(row[item])
            and (seen is None or item not in seen[query])
            and (only is None or only[item])
        ]
        order = sorted(left, key=lambda item: (-row[item], item))[:k]
        columns[query, : len(order)] = order
        best[query, : len(order)] = row[order]
    return columns, best


def compressed(seen):
    starts = np.cumsum([0] + [len(row) for row in seen]).astype(np.int64)
    return starts, np.array([item for row in seen for item in sorted(row)], np.int32)


def whole_numbers(seed, count, factors, high):
    """Vectors whose dot products are exact in float32, and often equal."""
    values = np.random.default_rng(seed).integers(-high, high + 1, (count, factors))
    return values.astype(np.float32)


@st.composite
def cases(draw):
    seed, factors = draw(st.integers(0, 10**6)), draw(st.integers(1, 5))
    queries = whole_numbers(seed, draw(st.integers(1, 40)), factors, 2)
    items = whole_numbers(seed + 1, draw(st.integers(1, 70)), factors, draw(st.integers(0, 3)))
    rng = np.random.default_rng(seed + 2)
    share = draw(st.sampled_from([0.0, 0.2, 0.9, 1.0]))
    seen = [set(np.flatnonzero(rng.random(len(items)) < share).tolist()) for _ in queries]
    only = draw(st.sampled_from([None, 0.0, 0.1, 0.7]))
    mask = None if only is None else rng.random(len(items)) < only
    broken = draw(st.sampled_from([np.nan, np.inf, None]))
    if broken is not None:
        items[rng.integers(len(items))] = broken
    return queries, items, draw(st.integers(1, 80)), seen, mask, draw(st.integers(1, 3))


def scores_of(queries, items):
    with np.errstate(invalid="ignore"):
        return np.stack([(items * query).sum(axis=1) for query in queries])


@settings(max_examples=150, deadline=None)
@given(cases())
def test_finds_what_sorting_all_scores_finds(case):
    queries, items, k, seen, only, threads = case
    columns, scores = top_k(queries, items, k, compressed(seen), only, threads)
    expected = brute_force(scores_of(queries, items), k, seen, only)
    np.testing.assert_array_equal(columns, expected[0])
    np.testing.assert_array_equal(scores, expected[1])
    assert columns.dtype == np.int32
    assert scores.dtype == np.float32


@settings(max_examples=50, deadline=None)
@given(cases())
def test_rescoring_every_item_in_any_order_finds_the_same(case):
    queries, items, k, seen, only, threads = case
    rng = np.random.default_rng(len(items))
    everything = np.concatenate([np.arange(len(items)), [-1, 0, -1]])
    offered = np.stack([rng.permutation(everything) for _ in queries]).astype(np.int32)
    expected = top_k(queries, items, k, compressed(seen), only, threads)
    found = rescored(queries, items, offered, k, compressed(seen), only, threads)
    np.testing.assert_array_equal(found[0], expected[0])
    assert found[1].tobytes() == expected[1].tobytes()


@pytest.mark.parametrize("high", [1, 40])
@pytest.mark.parametrize("k", [1, 10, 300, 5000])
def test_keeps_the_lower_of_equal_items_across_many_tiles(high, k):
    queries, items = whole_numbers(0, 9, 4, high), whole_numbers(1, 5000, 4, high)
    seen = [set(range(query * 500, query * 500 + 700)) for query in range(9)]
    columns, _ = top_k(queries, items, k, compressed(seen))
    np.testing.assert_array_equal(columns, brute_force(queries @ items.T, k, seen)[0])


@pytest.mark.parametrize("direction", [1, -1])
def test_finds_the_best_when_items_stand_in_order_of_score(direction):
    items = (np.arange(20_000, dtype=np.float32) * direction)[:, None]
    columns, _ = top_k(np.ones((1, 1), np.float32), items, 50)
    best = np.arange(20_000)[::-direction][:50]
    np.testing.assert_array_equal(columns[0], best)


def test_leaves_out_seen_items_that_would_fill_the_list_many_times_over():
    items = np.arange(10_000, 0, -1, dtype=np.float32)[:, None]
    seen = np.arange(9_990, dtype=np.int32)
    columns, _ = top_k(np.ones((1, 1), np.float32), items, 20, (np.array([0, 9_990]), seen))
    np.testing.assert_array_equal(columns[0], [*range(9_990, 10_000), *[-1] * 10])


def random_vectors(seed, count):
    return np.random.default_rng(seed).standard_normal((count, 64), dtype=np.float32)


@pytest.mark.parametrize("block", [1, 7, 33, 1000])
def test_a_users_scores_have_the_same_bits_in_any_block(block):
    queries, items = random_vectors(0, 1000), random_vectors(1, 999)
    whole = top_k(queries, items, 20)
    for first in range(0, 100 if block < 10 else 1000, block):
        part = top_k(queries[first : first + block], items, 20)
        assert part[0].tobytes() == whole[0][first : first + block].tobytes()
        assert part[1].tobytes() == whole[1][first : first + block].tobytes()


@pytest.mark.parametrize("users", [1, 40, 700])
def test_gives_the_same_bits_for_any_number_of_threads(users):
    queries, items = random_vectors(2, users), random_vectors(3, 2000)
    expected = top_k(queries, items, 100, threads=1)
    for threads in (2, 3, 8):
        found = top_k(queries, items, 100, threads=threads)
        assert [array.tobytes() for array in found] == [array.tobytes() for array in expected]


def test_scores_are_within_rounding_of_the_products_in_double_precision():
    queries, items = random_vectors(4, 50), random_vectors(5, 300)
    columns, scores = top_k(queries, items, 300)
    exact = queries.astype(np.float64) @ items.T.astype(np.float64)
    np.testing.assert_allclose(scores, np.take_along_axis(exact, columns, 1), atol=2e-5)


def test_reads_arrays_that_may_not_be_written():
    queries, items = random_vectors(6, 5), random_vectors(7, 50)
    expected = top_k(queries, items, 5)
    queries.setflags(write=False)
    items.setflags(write=False)
    np.testing.assert_array_equal(top_k(queries, items, 5)[0], expected[0])


def test_nothing_is_found_where_there_is_nothing():
    some, none = random_vectors(8, 3), np.empty((0, 64), np.float32)
    columns, scores = top_k(some, none, 4)
    assert (columns == -1).all()
    assert np.isneginf(scores).all()
    assert top_k(none, some, 4)[0].shape == (0, 4)
    assert top_k(some, some, 0)[0].shape == (3, 0)


def test_refuses_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match="factors"):
        top_k(random_vectors(0, 2), np.ones((3, 5), np.float32), 1)
    with pytest.raises(ValueError, match="exclude has 1 rows for 2"):
        top_k(random_vectors(0, 2), random_vectors(0, 3), 1, compressed([{0}]))
    with pytest.raises(ValueError, match="only"):
        top_k(random_vectors(0, 2), random_vectors(0, 3), 1, None, np.ones(2, bool))


def test_a_processor_with_narrower_registers_gives_the_same_bits(tmp_path):
    rest = (
        "import hashlib, numpy as np\n"
        "from recli.kernels.topk import top_k\n"
        "from recli.kernels.dot_tile import QUERIES\n"
        "rng = np.random.default_rng(9)\n"
        "queries, items = (rng.standard_normal((n, 64), dtype=np.float32) for n in (50, 700))\n"
        "found = top_k(queries, items, 30)\n"
        "print(QUERIES, hashlib.sha256(found[0].tobytes() + found[1].tobytes()).hexdigest())\n"
    )
    narrow = (
        "import llvmlite.binding as binding\n"
        "host = binding.get_host_cpu_features()\n"
        "host['avx512f'] = False\n"
        "binding.get_host_cpu_features = lambda: host\n"
    )
    printed = []
    for text, cache in ((narrow + rest, {"NUMBA_CACHE_DIR": str(tmp_path)}), (rest, {})):
        run = subprocess.run(
            [sys.executable, "-c", text],
            env={**os.environ, **cache},
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(run.stdout.split())
    assert printed[0][1] == printed[1][1]
    if printed[0][0] == printed[1][0]:
        pytest.skip("this processor has no wider registers")
