"""Centroids against Lloyd's algorithm written slowly."""

import numpy as np

from recli.kernels.clusters import centroids, nearest
from recli.kernels.shapes import Vectors


def slow_nearest(vectors: Vectors, centres: Vectors) -> np.ndarray:
    gaps = vectors[:, None, :].astype(np.float64) - centres[None, :, :]
    return np.argmin((gaps**2).sum(axis=2), axis=1)


def test_nearest_is_by_euclidean_distance() -> None:
    rng = np.random.default_rng(0)
    vectors, centres = (rng.standard_normal((n, 5)).astype(np.float32) for n in (400, 30))
    assert np.array_equal(nearest(vectors, centres), slow_nearest(vectors, centres))


def test_centroids_are_the_means_of_their_members_when_settled() -> None:
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [100, 0], [0, 100]], np.float32)
    vectors = (np.repeat(corners, 50, axis=0) + rng.standard_normal((150, 2))).astype(np.float32)
    settled = 0
    for seed in range(20):
        found = centroids(vectors, 3, seed)
        if len(set(slow_nearest(corners, found).tolist())) == 3:  # a corner each
            members = slow_nearest(vectors, found)
            means = [vectors[members == group].mean(axis=0) for group in range(3)]
            assert np.allclose(found, means, atol=1e-3)
            settled += 1
    assert settled


def test_as_many_groups_as_rows_are_the_rows() -> None:
    vectors = np.arange(12, dtype=np.float32).reshape(6, 2)
    found = centroids(vectors, 6, seed=0)
    assert sorted(found.tolist()) == vectors.tolist()


def test_equal_rows_leave_groups_empty_and_finite() -> None:
    found = centroids(np.ones((50, 3), np.float32), 7, seed=0)
    assert np.array_equal(found, np.ones((7, 3), np.float32))


def test_the_same_bits_for_any_number_of_threads() -> None:
    vectors = np.random.default_rng(0).standard_normal((3000, 7)).astype(np.float32)
    first, second = (centroids(vectors, 40, 5, threads) for threads in (1, 3))
    assert first.tobytes() == second.tobytes()
