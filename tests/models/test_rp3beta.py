"""RP3beta against the product of transition matrices."""

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.matrix import training
from recli.models.rp3beta import Rp3beta


def log(dense, threads=1):
    rows, columns = np.nonzero(dense)
    frame = {"user_id": rows, "item_id": columns, "weight": dense[rows, columns]}
    return training(pl.DataFrame(frame), threads=threads)


def weights(dense, threads=1, **options):
    return Rp3beta(**options).fit(log(dense, threads)).weights


def walked(dense, alpha, beta):
    """From items to users to items, each step's probability to the power alpha."""
    with np.errstate(invalid="ignore"):
        back = np.nan_to_num((dense.T / dense.sum(axis=0)[:, None]) ** alpha)
        forth = np.nan_to_num((dense / dense.sum(axis=1)[:, None]) ** alpha)
    reached = back @ forth / (dense > 0).sum(axis=0) ** beta
    np.fill_diagonal(reached, 0)
    return reached


def random_log(seed=0):
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, 4, (25, 9)) * (rng.random((25, 9)) < 0.35)
    dense[0] = dense[:, 0] = 1  # every row and column holds something
    return dense.astype(float)


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 0.0), (0.7, 0.3), (1.5, 1.0)])
def test_weights_are_the_probabilities_of_the_walks(alpha, beta):
    dense = random_log()
    found = weights(dense, alpha=alpha, beta=beta).toarray()
    np.testing.assert_allclose(found, walked(dense, alpha, beta), rtol=1e-5)


def test_at_power_one_and_without_beta_a_walk_ends_somewhere():
    dense = random_log(1)
    found = weights(dense, alpha=1.0, beta=0.0).toarray()
    stays = (dense.T / dense.sum(axis=0)[:, None]) @ (dense / dense.sum(axis=1)[:, None])
    np.testing.assert_allclose(found.sum(axis=1) + np.diag(stays), 1, rtol=1e-5)


def test_beta_holds_popular_items_back():
    # The second item is everybody's, the third is only of those who have the first.
    dense = np.array([[1, 1, 1], [1, 1, 1], [0, 1, 0], [0, 1, 0]], float)
    even, held_back = (weights(dense, beta=beta).toarray()[0] for beta in (0.0, 1.0))
    assert even[1] == pytest.approx(even[2])
    assert held_back[2] == pytest.approx(2 * held_back[1])


def test_keeps_the_most_likely_ends():
    dense = random_log(2)
    whole = weights(dense).toarray()
    kept = weights(dense, neighbours=2).toarray()
    for row, some in zip(whole, kept, strict=True):
        best = sorted(range(9), key=lambda item: (-row[item], item))[:2]
        assert sorted(np.flatnonzero(some)) == sorted(item for item in best if row[item] > 0)


def test_the_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(3)
    dense = (rng.random((200, 90)) < 0.1).astype(float)
    one, many = weights(dense), weights(dense, threads=5)
    assert one.data.tobytes() == many.data.tobytes()
    assert one.indices.tobytes() == many.indices.tobytes()


def test_refuses_weights_that_are_no_probabilities():
    with pytest.raises(RecliError, match="rp3beta: 1 pairs"):
        weights(np.array([[1, -1], [1, 2]], float))
