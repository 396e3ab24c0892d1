"""SLIM against a slow elastic net, and against the conditions of its minimum."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from recli.kernels import slim
from recli.kernels.slim import ElasticNet

Dense = npt.NDArray[np.float64]


def log(users: int = 120, items: int = 40, seed: int = 4) -> sparse.csr_array:
    """Ones, twos and threes; a user and an item without any."""
    draw = np.random.default_rng(seed)
    cells = draw.integers(1, 4, (users, items)) * (draw.random((users, items)) < 0.15)
    cells[3], cells[:, 7] = 0, 0
    return sparse.csr_array(cells.astype(np.float32))


def learned(matrix: sparse.csr_array, neighbours: int, net: ElasticNet, threads: int = 2) -> Dense:
    products = slim.gram(matrix)
    candidates = slim.most_alike(products, neighbours, threads)
    weights: Dense = slim.fit(products, candidates, net, threads).toarray().astype(np.float64)
    return weights


def slow(matrix: Dense, item: int, others: list[int], net: ElasticNet) -> Dense:
    """Coordinate descent on the residual, one item and one coordinate after the other."""
    weights = np.zeros(matrix.shape[1])
    for _ in range(2000):
        for other in others:
            rest = matrix[:, item] - matrix @ weights + matrix[:, other] * weights[other]
            pull = float(matrix[:, other] @ rest)
            size = max(abs(pull) - net.l1, 0)
            sign = 0.0 if net.positive and pull < 0 else np.sign(pull)
            weights[other] = sign * size / (matrix[:, other] @ matrix[:, other] + net.l2)
    return weights


def test_gram_is_what_items_share() -> None:
    matrix = log()
    dense = matrix.toarray().astype(np.float64)
    np.testing.assert_array_equal(slim.gram(matrix).toarray(), dense.T @ dense)
    counts = np.maximum((dense > 0).sum(axis=1), 1)[:, None]
    np.testing.assert_allclose(
        slim.gram(matrix, 0.6).toarray(), dense.T @ (dense / counts**0.6), rtol=1e-5
    )


def test_candidates_have_the_largest_cosine() -> None:
    matrix = log()
    dense = matrix.toarray().astype(np.float64)
    lengths = np.maximum(np.linalg.norm(dense, axis=0), 1e-9)
    cosines = dense.T @ dense / np.outer(lengths, lengths)
    np.fill_diagonal(cosines, 0)
    found = slim.most_alike(slim.gram(matrix), 5, threads=2).toarray()
    np.testing.assert_allclose(np.sort(found)[:, -5:], np.sort(cosines)[:, -5:], atol=1e-6)
    assert ((found == 0) | (np.abs(found - cosines) < 1e-6)).all()


@pytest.mark.parametrize("positive", [True, False])
def test_weights_are_those_of_slow_coordinate_descent(positive: bool) -> None:
    matrix, net = log(60, 12), ElasticNet(2.0, 3.0, positive, iterations=500, tolerance=1e-9)
    found = learned(matrix, 6, net)
    may = slim.most_alike(slim.gram(matrix), 6)
    dense = matrix.toarray().astype(np.float64)
    for item in range(12):
        others = may[[item]].indices.tolist()
        np.testing.assert_allclose(found[:, item], slow(dense, item, others, net), atol=1e-6)
    assert positive == (found >= 0).all()


@pytest.mark.parametrize("positive", [True, False])
def test_no_weight_can_be_changed_for_the_better(positive: bool) -> None:
    """The conditions of Karush, Kuhn and Tucker for an elastic net."""
    net = ElasticNet(3.0, 5.0, positive, iterations=1000, tolerance=1e-9)
    dense = log().toarray().astype(np.float64)
    found = learned(log(), 40, net)
    assert (np.diag(found) == 0).all()
    slope = dense.T @ (dense - dense @ found) - net.l2 * found
    inside = found != 0
    np.testing.assert_allclose(slope[inside], net.l1 * np.sign(found[inside]), atol=1e-4)
    outside = ~inside & ~np.eye(40, dtype=bool) & (dense.T @ dense > 0)
    assert (slope[outside] <= net.l1 + 1e-4).all()
    assert positive or (slope[outside] >= -net.l1 - 1e-4).all()


def test_more_l1_leaves_fewer_weights() -> None:
    counts = [np.count_nonzero(learned(log(), 40, ElasticNet(l1, 5.0))) for l1 in (0.1, 2, 1e6)]
    assert counts[0] > counts[1] > counts[2] == 0


def test_the_bits_do_not_depend_on_the_threads() -> None:
    matrix, net = log(150, 300), ElasticNet(0.5, 5.0)
    first, *others = (learned(matrix, 30, net, threads).tobytes() for threads in (1, 2, 3))
    assert others == [first, first]
