"""The coded inverted file: readable by faiss, and right once the best are scored exactly."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from recli.errors import RecliError
from recli.indexes.ivf_pq import IvfPq
from recli.kernels.inverted import members
from recli.kernels.longest import parts
from recli.kernels.recall import recall
from recli.kernels.shapes import Vectors
from recli.kernels.topk import rescored, top_k


def vectors_of_tastes(items: int, factors: int) -> Vectors:
    rng = np.random.default_rng(0)
    tastes = rng.standard_normal((30, factors))
    rows = tastes[rng.integers(0, 30, items)] + 0.5 * rng.standard_normal((items, factors))
    return rows.astype(np.float32)


def test_faiss_decodes_the_file_to_vectors_near_the_items(tmp_path: Path) -> None:
    vectors = vectors_of_tastes(3000, 10)  # 10 is no multiple of 4
    IvfPq(longest=0).build(vectors, tmp_path, 0, 1)
    index = faiss.read_index(str(tmp_path / "items.ivfpq"))
    assert (index.ntotal, index.d, index.code_size) == (3000, 12, 3)
    index.make_direct_map()
    decoded = index.reconstruct_n(0, 3000)
    others = parts(vectors, 0).others
    wrong = np.square(decoded[:, :10] - vectors[others]).sum(axis=1).mean()
    assert wrong < 0.1 * np.square(vectors).sum(axis=1).mean()
    assert members(index) is not None


def test_what_codes_rank_too_low_is_found_by_scoring_more(tmp_path: Path) -> None:
    vectors = vectors_of_tastes(4000, 16)
    queries = vectors_of_tastes(200, 16)
    backend = IvfPq(lists=64, factors_a_byte=8)
    backend.build(vectors, tmp_path, 0, 2)
    search = backend.open(tmp_path, vectors, 2)
    wanted = top_k(queries, vectors, 20)[1]
    reached = [
        recall(rescored(queries, vectors, search(queries, 20, effort), 20)[1], wanted)
        for effort in (1, 8, 40, 64)
    ]
    assert reached == sorted(reached)
    assert reached[2] > 0.95
    assert reached[3] == 1.0


def test_codes_of_other_vectors_are_refused(tmp_path: Path) -> None:
    vectors = vectors_of_tastes(500, 8)
    IvfPq().build(vectors, tmp_path, 0, 1)
    other = vectors.copy()
    other[::3] *= np.float32(1.5)
    with pytest.raises(RecliError, match="does not belong"):
        IvfPq().open(tmp_path, other, 1)
