"""Categories of a user times popularity within them, against the sum written out."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli.kernels import category_popularity, profiles

LISTS = pl.Series([["a"], ["a", "b", "a"], [], None, ["b"], ["c", None, ""]])
PARTS = np.array([[1, 0, 0], [0.5, 0.5, 0], [0, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 1]])
POPULARITY = np.array([4.0, 2.0, 3.0, 0.0, 5.0, 0.0])


def test_a_list_of_categories_is_shared_among_them() -> None:
    np.testing.assert_array_equal(category_popularity.shares(LISTS).toarray(), PARTS)
    plain = pl.Series(["y", None, "", "x", "y"])
    found = category_popularity.shares(plain).toarray()
    np.testing.assert_array_equal(found, [[0, 1], [0, 0], [0, 0], [1, 0], [0, 1]])


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
def test_a_score_is_the_chance_of_the_category_times_that_of_the_item_in_it(
    smoothing: float,
) -> None:
    past = np.array([[3.0, 0, 9, 0, 1, 0], [0, 0, 0, 0, 0, 2]])
    shape = category_popularity.learned(category_popularity.shares(LISTS), POPULARITY, smoothing)
    found = profiles.of(sparse.csr_array(past.astype(np.float32)), shape) @ shape.worth.T
    for user, row in enumerate(past):
        described = row * (PARTS.sum(axis=1) > 0)
        liked = described @ PARTS / described.sum()
        for item in range(6):
            of_category = PARTS * POPULARITY[:, None]
            within = [
                of_category[item, c] / of_category[:, c].sum() if of_category[:, c].sum() else 0
                for c in range(3)
            ]
            wanted = (1 - smoothing) * liked @ within + smoothing * POPULARITY[item] / 14
            assert found.toarray()[user, item] == pytest.approx(wanted, rel=1e-5)


def test_a_history_without_a_category_says_nothing() -> None:
    shape = category_popularity.learned(category_popularity.shares(LISTS), POPULARITY, 0.5)
    past = sparse.csr_array(np.array([[0, 0, 7, 7, 0, 0]], np.float32))
    assert profiles.of(past, shape).nnz == 0
