"""Product quantization: each part is the nearest word of its book."""

import numpy as np

from recli.kernels.coding import coded, nearest, padded


def test_each_part_is_coded_by_the_nearest_word() -> None:
    vectors = np.random.default_rng(0).standard_normal((500, 6)).astype(np.float32)
    books, codes = coded(vectors, 2, 0, 1)
    assert books.shape == (3, 256, 2)
    assert codes.shape == (500, 3)
    for part in range(3):
        own = vectors[:, 2 * part : 2 * part + 2].astype(np.float64)
        distances = np.square(own[:, None] - books[part][None].astype(np.float64)).sum(axis=2)
        chosen = distances[np.arange(500), codes[:, part]]
        assert np.allclose(chosen, distances.min(axis=1), atol=1e-5)


def test_as_many_words_as_vectors_code_without_loss() -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
    books, codes = coded(vectors, 3, 0, 1)
    assert np.allclose(books[0][codes[:, 0]], vectors, atol=1e-6)
    assert codes.max() < 40


def test_missing_factors_are_zeros_at_the_end() -> None:
    assert padded(np.ones((2, 5), np.float32), 4)[0].tolist() == [1, 1, 1, 1, 1, 0, 0, 0]
    assert padded(np.ones((2, 8), np.float32), 4).shape == (2, 8)


def test_threads_change_nothing() -> None:
    vectors = np.random.default_rng(0).standard_normal((900, 8)).astype(np.float32)
    alone, together = (coded(vectors, 4, 1, threads) for threads in (1, 3))
    assert np.array_equal(alone[0], together[0])
    assert np.array_equal(alone[1], nearest(vectors, together[0], 2))
