"""New items by way of known ones, against dense matrices and exact search."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli.errors import RecliError
from recli.kernels import extension as extensions
from recli.kernels import served
from recli.kernels.cold import extended
from recli.kernels.cold_likeness import by_content, by_value, extension
from recli.kernels.extension import Extension
from recli.kernels.matrix import WEIGHTS, Matrix, Reading
from recli.kernels.served import Limits, Profile
from recli.kernels.serving import best
from recli.kernels.shapes import (
    Factors,
    ItemFeatures,
    ItemScores,
    ItemWeights,
    Projection,
    Shape,
)

KNOWN, NEW, USERS, FACTORS = 30, 12, 25, 4
BRANDS = 7


def sparsely(rng: np.random.Generator, *shape: int, share: float = 0.3) -> Matrix:
    cells = rng.random(shape, np.float32) * (rng.random(shape) < share)
    return sparse.csr_array(cells.astype(np.float32))


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def brands(rng: np.random.Generator) -> tuple[pl.Series, np.ndarray]:
    """A brand for each of all items, and which of these are new."""
    is_new = rng.permutation(np.arange(KNOWN + NEW) < NEW)
    return pl.Series(rng.integers(0, BRANDS, KNOWN + NEW)).cast(pl.String), is_new


@pytest.fixture
def wider(brands: tuple[pl.Series, np.ndarray]) -> Extension:
    column, is_new = brands
    ids = pl.Series([f"i{at:02d}" for at in range(len(column))])
    kept, found = extension(ids, is_new, *by_value(column, is_new))
    assert kept.equals(ids)
    return found


def dense(column: pl.Series, is_new: np.ndarray) -> np.ndarray:
    """B, one item after the other."""
    known = np.flatnonzero(~is_new)
    rows = np.zeros((len(column), len(known)))
    for item, brand in enumerate(column):
        for at, other in enumerate(known):
            alike = other == item if not is_new[item] else column[int(other)] == brand
            rows[item, at] = alike
    return rows / rows.sum(axis=1, keepdims=True)


def shapes(rng: np.random.Generator) -> dict[str, Shape]:
    weights = sparsely(rng, KNOWN, KNOWN)
    vectors = rng.normal(size=(3, KNOWN, FACTORS)).astype(np.float32)
    nobody = np.zeros((0, FACTORS), np.float32)
    return {
        "weights": ItemWeights(weights),
        "features": ItemFeatures(sparsely(rng, KNOWN, 9), sparsely(rng, KNOWN, 9)),
        "scores": ItemScores(rng.random((KNOWN, 1))),
        "factors": Factors(nobody, vectors[2], Projection(vectors[0])),
    }


def scored(shape: Shape, history: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scores [users, all items] of histories of all items."""
    known = history @ b
    match shape:
        case ItemWeights(weights):
            return known @ weights.toarray() @ b.T
        case ItemFeatures():
            return known @ shape.describes.toarray() @ shape.worth.toarray().T @ b.T
        case ItemScores(scores):
            return np.broadcast_to(b @ scores[:, 0], history.shape)
        case Factors(_, items, Projection(encoder)):
            return known @ encoder @ items.T @ b.T
    raise TypeError(shape)


def profile_of(history: Matrix, vectors: np.ndarray | None = None) -> Profile:
    count = history.shape[0]
    users = pl.Series([f"u{user}" for user in range(count)])
    return Profile(history, vectors, np.full(count, -1, np.int32), users)


@pytest.mark.parametrize("kind", ["weights", "features", "scores", "factors"])
def test_new_items_score_as_the_dense_map_says(
    kind: str,
    rng: np.random.Generator,
    wider: Extension,
    brands: tuple[pl.Series, np.ndarray],
) -> None:
    shape = shapes(rng)[kind]
    history = sparsely(rng, USERS, wider.count, share=0.2)
    none = sparse.csr_array((USERS, wider.count), dtype=np.float32)
    profile = profile_of(wider.histories(history, WEIGHTS))
    served = best(extended(shape, wider), profile, Limits(wider.count, none))
    wanted = scored(shape, history.toarray().astype(np.float64), dense(*brands))
    for user, (columns, found) in enumerate(zip(served.columns, served.scores, strict=True)):
        offered = columns >= 0
        assert np.allclose(found[offered], wanted[user, columns[offered]], atol=1e-5)
        assert (np.diff(found[offered]) <= 0).all()
        left_out = np.setdiff1d(np.arange(wider.count), columns[offered])
        assert np.allclose(wanted[user, left_out], 0, atol=1e-6)


@pytest.mark.parametrize("filtered", [False, True])
def test_an_index_that_finds_all_gives_the_lists_of_exact_search(
    filtered: bool,
    rng: np.random.Generator,
    wider: Extension,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(served, "LEAST_WORK", 0)  # so small a catalogue is worth no index
    shape = shapes(rng)["factors"]
    assert isinstance(shape, Factors)
    asked = []

    def search(queries: np.ndarray, k: int) -> np.ndarray:
        asked.append(k)
        order = np.argsort(-(queries @ shape.items.T), axis=1, kind="stable")
        return order[:, :k].astype(np.int32)

    barred = sparsely(rng, USERS, wider.count, share=0.5 if filtered else 0.1)
    only = rng.random(wider.count) < 0.8 if filtered else None
    vectors = rng.normal(size=(USERS, FACTORS)).astype(np.float32)
    history = sparse.csr_array((USERS, KNOWN), dtype=np.float32)
    wide = extended(shape, wider)
    for k in (1, 5, wider.count):
        exact, found = (
            best(wide, profile_of(history, vectors), Limits(k, barred, only, 2, way))
            for way in (None, search)
        )
        assert np.array_equal(exact.columns, found.columns)
        assert exact.scores.tobytes() == found.scores.tobytes()
    assert wider.is_new[exact.columns[exact.columns >= 0]].any()
    assert asked


def test_an_index_that_fails_is_said_to_have_failed(
    rng: np.random.Generator, wider: Extension
) -> None:
    none = sparse.csr_array((USERS, wider.count), dtype=np.float32)
    vectors = rng.normal(size=(USERS, FACTORS)).astype(np.float32)
    profile = profile_of(sparse.csr_array((USERS, KNOWN), dtype=np.float32), vectors)
    wide = extended(shapes(rng)["factors"], wider)
    failed = best(wide, profile, Limits(5, none, search=lambda *_: None))
    assert failed.failed
    assert np.array_equal(failed.columns, best(wide, profile, Limits(5, none)).columns)


def test_each_value_of_a_list_counts_alike() -> None:
    column = pl.Series([["a"], ["a", "b"], ["c"], ["a", "b", "unheard-of"], ["d"], None])
    is_new = np.array([False, False, False, True, True, True])
    ids, found = extension(pl.Series(list("uvwxyz")), is_new, *by_value(column, is_new))
    # Known by a are u and v, by b is v alone: half of (1/2, 1/2) and half of (0, 1).
    assert ids.to_list() == list("uvwx")
    assert (found.groups @ found.members).toarray().tolist() == [[0.25, 0.75, 0.0]]


def test_content_weighs_the_nearest_by_their_cosine() -> None:
    rows = sparse.csr_array(np.array([[1, 0], [3, 4], [0, 2], [2, 0], [0, 0]], np.float32))
    is_new = np.array([False, False, False, True, True])
    ids, found = extension(pl.Series(list("abcxy")), is_new, *by_content(rows, is_new))
    assert ids.to_list() == list("abcx")
    likes = (found.groups @ found.members).toarray()
    assert np.allclose(likes, [[1 / 1.6, 0.6 / 1.6, 0.0]])
    _, one = extension(pl.Series(list("abcxy")), is_new, *by_content(rows, is_new, nearest=1))
    assert (one.groups @ one.members).toarray().tolist() == [[1.0, 0.0, 0.0]]


def test_a_rating_of_a_new_item_says_nothing_of_its_like(
    rng: np.random.Generator, wider: Extension
) -> None:
    history = sparsely(rng, USERS, wider.count)
    kept = wider.histories(history, Reading("rating"))
    assert np.array_equal(kept.toarray(), history.toarray()[:, ~wider.is_new])


def test_weights_that_would_fill_the_memory_are_refused(
    rng: np.random.Generator, wider: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extensions, "MOST_CELLS", 10)
    with pytest.raises(RecliError, match="12 new items would take up to"):
        extended(shapes(rng)["weights"], wider)
    extended(shapes(rng)["factors"], wider)
