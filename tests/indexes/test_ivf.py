"""The inverted file: grouped by distance, readable by faiss, no setting left changed."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from recli.errors import RecliError
from recli.indexes.ivf import Ivf
from recli.kernels.recall import recall
from recli.kernels.topk import rescored, top_k


def test_faiss_opens_the_file_and_finds_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((600, 8)).astype(np.float32)
    queries = rng.standard_normal((20, 8)).astype(np.float32)
    Ivf(longest=0).build(vectors, tmp_path, 0, 1)
    index = faiss.read_index(str(tmp_path / "items.ivf"))
    index.nprobe = 9
    found = Ivf(longest=0).open(tmp_path, vectors, 1)(queries, 5, 9)
    # In the file the items stand by falling length.
    order = np.argsort(-np.linalg.norm(vectors, axis=1), kind="stable")
    assert np.array_equal(found, order[index.search(queries, 5)[1]])


def test_a_tenth_of_the_groups_finds_nearly_all_where_lengths_differ(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tastes = rng.standard_normal((40, 16))
    vectors = tastes[rng.integers(0, 40, 8000)] + 0.5 * rng.standard_normal((8000, 16))
    vectors = (vectors * rng.lognormal(0, 1, (8000, 1))).astype(np.float32)
    queries = (tastes[rng.integers(0, 40, 200)] + 0.3 * rng.standard_normal((200, 16))).astype(
        np.float32
    )
    Ivf().build(vectors, tmp_path, 0, 2)
    offered = Ivf().open(tmp_path, vectors, 2)(queries, 50, Ivf().most_effort(8000) // 10)
    scores = rescored(queries, vectors, offered, 50)[1]
    assert recall(scores, top_k(queries, vectors, 50)[1]) > 0.95


def test_the_number_of_groups_grows_with_the_root_of_the_items() -> None:
    assert [Ivf().most_effort(items) for items in (1, 16, 200_000)] == [1, 16, 1789]
    assert Ivf(lists=50).most_effort(20) == 20


def test_faiss_keeps_the_threads_that_it_had(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((100, 4)).astype(np.float32)
    before = faiss.omp_get_max_threads()
    Ivf().build(vectors, tmp_path, 0, before + 1)
    Ivf().open(tmp_path, vectors, before + 1)(vectors, 3, 2)
    assert faiss.omp_get_max_threads() == before


def test_no_group_is_a_wrong_choice() -> None:
    with pytest.raises(RecliError) as caught:
        Ivf(lists=0)
    assert caught.value.code == 2
