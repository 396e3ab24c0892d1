"""The graph: lifted vectors in faiss' own file, what it may hold, and uneven lengths."""

from pathlib import Path

import faiss
import numpy as np
import pytest

from recli.errors import RecliError
from recli.indexes.hnsw import Hnsw
from recli.kernels.longest import parts
from recli.kernels.recall import recall
from recli.kernels.shapes import Vectors
from recli.kernels.topk import rescored, top_k


def learned(items: int, seed: int = 0) -> tuple[Vectors, Vectors]:
    """Items of some tastes and of very uneven lengths, as factorization learns them; queries."""
    rng = np.random.default_rng(seed)
    tastes = rng.standard_normal((40, 16))
    vectors = tastes[rng.integers(0, 40, items)] + 0.5 * rng.standard_normal((items, 16))
    queries = tastes[rng.integers(0, 40, 200)] + 0.3 * rng.standard_normal((200, 16))
    lengths = rng.lognormal(0, 1, (items, 1))
    return (vectors * lengths).astype(np.float32), queries.astype(np.float32)


def found_share(backend: Hnsw, folder: Path, effort: int) -> float:
    vectors, queries = learned(8000)
    folder.mkdir()
    backend.build(vectors, folder, 0, 2)
    offered = backend.open(folder, vectors, 2)(queries, 50, effort)
    scores = rescored(queries, vectors, offered, 50)[1]
    return recall(scores, top_k(queries, vectors, 50)[1])


def test_little_effort_finds_nearly_all_where_lengths_differ(tmp_path: Path) -> None:
    apart = found_share(Hnsw(longest=0.05), tmp_path / "apart", 50)
    together = found_share(Hnsw(longest=0), tmp_path / "together", 50)
    assert apart > 0.95
    assert apart > together


def test_faiss_opens_the_file_and_finds_lifted_vectors(tmp_path: Path) -> None:
    vectors, queries = learned(600)
    Hnsw(longest=0).build(vectors, tmp_path, 0, 1)
    index = faiss.read_index(str(tmp_path / "items.hnsw"))
    assert np.allclose(np.linalg.norm(index.storage.reconstruct_n(0, 600), axis=1), 1, atol=1e-6)
    index.hnsw.efSearch = 5 + 40
    asked = np.column_stack([queries, np.zeros(len(queries), np.float32)])
    places = index.search(asked, 5)[1]
    expected = parts(vectors, 0).others[places]
    found = Hnsw(longest=0).open(tmp_path, vectors, 1)(queries, 5, 40)
    assert np.array_equal(np.sort(found, axis=1), np.sort(expected, axis=1))


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    vectors, _ = learned(300)
    Hnsw().build(vectors, tmp_path, 0, 1)
    index = faiss.read_index(str(tmp_path / "items.hnsw"))
    links = faiss.vector_to_array(index.hnsw.neighbors)
    links[3] = 300
    faiss.copy_array_to_vector(links, index.hnsw.neighbors)
    faiss.write_index(index, str(tmp_path / "items.hnsw"))
    with pytest.raises(RecliError, match="build the index again"):
        Hnsw().open(tmp_path, vectors, 1)


def test_a_catalogue_of_which_hardly_any_item_was_chosen(tmp_path: Path) -> None:
    vectors, queries = learned(2000)
    vectors[20:] = 0
    Hnsw().build(vectors, tmp_path, 0, 1)
    found = Hnsw().open(tmp_path, vectors, 1)(queries, 30, 10)
    assert np.array_equal(found, top_k(queries, vectors, 30)[0])


@pytest.mark.parametrize("choice", [{"links": 1}, {"ef_construction": 0}, {"longest": 1.5}])
def test_wrong_choices_are_refused(choice: dict[str, float]) -> None:
    with pytest.raises(RecliError) as caught:
        Hnsw(**choice)  # type: ignore[arg-type]
    assert caught.value.code == 2
