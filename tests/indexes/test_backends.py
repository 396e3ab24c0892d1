"""What every index back end must do; one is here the moment its file is in the folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recli import registry
from recli.errors import RecliError
from recli.kernels.shapes import Vectors
from recli.kernels.topk import top_k
from recli.store.index import BackEnd, Tunable

BACK_ENDS = registry.names("indexes")
every_back_end = pytest.mark.parametrize("name", BACK_ENDS)


def uneven(items: int, factors: int, seed: int = 0) -> Vectors:
    """Vectors of very different lengths, as those of popular and rare items are."""
    rng = np.random.default_rng(seed)
    lengths = rng.lognormal(0, 1.5, (items, 1))
    return (rng.standard_normal((items, factors)) * lengths).astype(np.float32)


def built(name: str, vectors: Vectors, folder: Path, seed: int = 3, threads: int = 1) -> BackEnd:
    backend: BackEnd = registry.load("indexes", name)()
    backend.build(vectors, folder, seed, threads)
    return backend


def opened(backend: BackEnd, vectors: Vectors, folder: Path, threads: int = 1) -> Tunable:
    """The back end's search, or the exact one that stands for None."""
    search = backend.open(folder, vectors, threads)
    return search or (lambda queries, k, effort: top_k(queries, vectors, k)[0])  # noqa: ARG005


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_there_are_back_ends() -> None:
    assert {"exact", "ivf", "annoy"} <= set(BACK_ENDS)


@every_back_end
def test_full_effort_finds_what_brute_force_finds(name: str, tmp_path: Path) -> None:
    vectors, queries = uneven(700, 12), uneven(40, 12, seed=1)
    backend = built(name, vectors, tmp_path)
    found = opened(backend, vectors, tmp_path)(queries, 10, backend.most_effort(700))
    expected = np.argsort(-(queries.astype(np.float64) @ vectors.T), axis=1)[:, :10]
    assert found is not None
    assert (np.sort(found, axis=1) == np.sort(expected, axis=1)).mean() > 0.99


@every_back_end
def test_little_effort_answers_with_items_that_exist_once(name: str, tmp_path: Path) -> None:
    vectors, queries = uneven(500, 8), uneven(30, 8, seed=1)
    found = opened(built(name, vectors, tmp_path), vectors, tmp_path)(queries, 20, 1)
    assert found is not None
    for row in found:
        items = row[row >= 0]
        assert len(set(items.tolist())) == len(items)
        assert (items < 500).all()


@every_back_end
@pytest.mark.parametrize("items", [1, 2, 5])
def test_more_asked_than_there_is(name: str, items: int, tmp_path: Path) -> None:
    vectors = uneven(items, 4)
    backend = built(name, vectors, tmp_path)
    found = opened(backend, vectors, tmp_path)(uneven(3, 4), 9, backend.most_effort(items))
    assert found is not None
    assert found.shape == (3, 9)
    for row in found:
        assert sorted(row[row >= 0].tolist()) == list(range(items))


@every_back_end
def test_no_queries_have_no_answers(name: str, tmp_path: Path) -> None:
    vectors = uneven(30, 4)
    found = opened(built(name, vectors, tmp_path), vectors, tmp_path)(vectors[:0], 3, 1)
    assert found is not None
    assert found.shape == (0, 3)


@every_back_end
def test_items_that_nobody_chose_have_the_zero_vector_and_do_no_harm(
    name: str, tmp_path: Path
) -> None:
    vectors = uneven(300, 6)
    vectors[50:] = 0
    backend = built(name, vectors, tmp_path)
    queries = np.vstack([vectors[:20], np.zeros((1, 6), np.float32)])
    found = opened(backend, vectors, tmp_path)(queries, 5, backend.most_effort(300))
    assert found is not None
    best = np.argmax(queries[:20] @ vectors.T, axis=1)
    assert all(best[row] in found[row] for row in range(20))


@every_back_end
def test_the_same_seed_gives_the_same_bytes_for_any_number_of_threads(
    name: str, tmp_path: Path
) -> None:
    vectors = uneven(900, 9)
    files = []
    for threads in (1, 2, 3):
        folder = tmp_path / str(threads)
        folder.mkdir()
        built(name, vectors, folder, threads=threads)
        files.append(content(folder))
    assert files[0] == files[1] == files[2]


@every_back_end
def test_any_number_of_threads_and_any_batches_give_the_same_answers(
    name: str, tmp_path: Path
) -> None:
    vectors, queries = uneven(900, 9), uneven(301, 9, seed=2)
    backend = built(name, vectors, tmp_path)
    effort = min(7, backend.most_effort(900))
    alone, together = (opened(backend, vectors, tmp_path, threads) for threads in (1, 2))
    whole = alone(queries, 12, effort)
    parts = [alone(queries[at : at + 50], 12, effort) for at in range(0, 301, 50)]
    again = together(queries, 12, effort)
    assert whole is not None
    assert again is not None
    assert np.array_equal(whole, again)
    assert np.array_equal(whole, np.vstack([part for part in parts if part is not None]))


@every_back_end
@pytest.mark.parametrize("other", [(400, 8), (400, 4), (400, 2), (200, 8), (400, 7)])
def test_a_whole_file_of_other_vectors_is_refused_or_not_used(
    name: str, other: tuple[int, int], tmp_path: Path
) -> None:
    vectors = uneven(400, 8)
    backend = built(name, uneven(*other, seed=9), tmp_path)
    if content(tmp_path):
        assert _answer(backend, vectors, tmp_path) is None


@every_back_end
def test_a_damaged_file_that_was_not_verified_never_ends_this_process(
    name: str, tmp_path: Path
) -> None:
    vectors = uneven(400, 8)
    backend = built(name, vectors, tmp_path)
    rng = np.random.default_rng(5)
    for path, whole in [(tmp_path / name, raw) for name, raw in content(tmp_path).items()]:
        for kept in (0, 1, len(whole) // 2, len(whole) - 1):
            path.write_bytes(whole[:kept])
            assert _answer(backend, vectors, tmp_path) is None
        if name == "annoy":  # the one that crashes on wrong numbers inside
            raw = np.frombuffer(whole, np.uint8).copy()
            raw[rng.integers(0, len(raw), 400)] ^= 255
            path.write_bytes(raw.tobytes())
            found = _answer(backend, vectors, tmp_path)
            assert found is None or ((found >= -1) & (found < 400)).all()


def _answer(backend: BackEnd, vectors: Vectors, folder: Path) -> Any:
    """What is found, or None where opening was refused or the search gave up."""
    try:
        search = backend.open(folder, vectors, 1)
    except (RecliError, OSError):
        return None
    return None if search is None else search(vectors[:20], 10, backend.most_effort(len(vectors)))
