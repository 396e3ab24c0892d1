"""The longest vectors apart, and a lift that keeps the order of dot products."""

import numpy as np

from recli.kernels.longest import Beside, parts
from recli.kernels.shapes import Vectors


def uneven(items: int, factors: int, seed: int = 0) -> Vectors:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((items, factors)) * rng.lognormal(0, 1.5, (items, 1))
    return rows.astype(np.float32)


def test_every_item_is_in_one_part_and_the_longest_are_longer_than_the_others() -> None:
    vectors = uneven(200, 5)
    vectors[7] = 0
    vectors[9] = np.nan
    found = parts(vectors, 0.1)
    assert sorted([*found.longest, *found.others, *found.zero]) == list(range(200))
    assert sorted(found.zero) == [7, 9]
    assert len(found.longest) == 20
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    assert lengths[found.longest].min() >= lengths[found.others].max()


def test_no_share_leaves_all_to_the_index_and_a_whole_one_nothing() -> None:
    vectors = uneven(30, 3)
    assert len(parts(vectors, 0).longest) == 0
    assert len(parts(vectors, 1).others) == 0


def test_lifted_vectors_have_length_one_and_keep_the_order_of_dot_products() -> None:
    vectors, queries = uneven(300, 6), uneven(20, 6, seed=1)
    found = parts(vectors, 0.05)
    lifted = found.lifted(vectors)
    assert np.allclose(np.linalg.norm(lifted, axis=1), 1, atol=1e-6)
    asked = np.column_stack([queries, np.zeros(20)])
    # |q - x|^2 = |q|^2 + 1 - 2 q.x: the nearest has the largest dot product.
    distances = np.square(asked[:, None, :] - lifted[None, :, :]).sum(axis=2)
    products = queries.astype(np.float64) @ vectors[found.others].T
    nearest, largest = distances.argmin(axis=1), products.argmax(axis=1)
    assert (nearest == largest).mean() > 0.94  # rounding may swap two that are all but equal


def test_items_of_the_zero_vector_come_before_those_of_negative_scores() -> None:
    vectors = np.array([[1], [-1], [0], [-2], [0], [3]], np.float32)
    apart = parts(vectors, 0.2)
    beside = Beside(vectors, apart, vectors[apart.longest], 1)
    found = beside(np.ones((1, 1), np.float32), 5, lambda queries, _: _all(queries, apart.others))
    assert found.tolist() == [[5, 0, 2, 4, 1]]


def _all(queries: Vectors, items: object) -> object:
    return np.tile(np.arange(len(items)), (len(queries), 1))  # type: ignore[arg-type]
