"""Sparse profiles times sparse items, against the whole product."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

from recli.kernels import feature_scan
from recli.kernels.matrix import Matrix

Dense = npt.NDArray[np.float32]


def drawn(rows: int, columns: int, seed: int, share: float = 0.2) -> Matrix:
    rng = np.random.default_rng(seed)
    # Quarters add up exactly, so that equal scores are equal however they are summed.
    values = rng.integers(-4, 9, (rows, columns)) / 4 * (rng.random((rows, columns)) < share)
    return sparse.csr_array(values.astype(np.float32))


def slow(scores: Dense, k: int, barred: Dense, only: Dense) -> tuple[Dense, Dense]:
    """Sorts everything that may be offered."""
    columns = np.full((len(scores), k), -1)
    best = np.full((len(scores), k), -np.inf, np.float32)
    for user, row in enumerate(scores):
        order = np.argsort(-row, kind="stable")
        kept = [i for i in order if row[i] != 0 and only[i] and not barred[user, i]][:k]
        columns[user, : len(kept)], best[user, : len(kept)] = kept, row[kept]
    return columns, best


@pytest.mark.parametrize(("users", "k"), [(1, 3), (15, 1), (40, 7), (33, 500)])
def test_the_best_of_the_whole_product(users: int, k: int) -> None:
    profiles, worth = drawn(users, 30, 1), drawn(400, 30, 2)
    barred = drawn(users, 400, 3, share=0.1)
    only = np.random.default_rng(4).random(400) < 0.8
    exclude = barred.indptr.astype(np.int64), barred.indices.astype(np.int32)
    found = feature_scan.top_k(profiles, worth, k, exclude, only, threads=2)
    wanted = slow((profiles @ worth.T).toarray(), k, barred.toarray() != 0, only)
    np.testing.assert_array_equal(found[0], wanted[0])
    np.testing.assert_array_equal(found[1], wanted[1])


def test_the_same_bits_whoever_else_is_asked_for() -> None:
    rng = np.random.default_rng(5)
    profiles, worth = (
        sparse.csr_array(np.where(rng.random((n, 50)) < 0.3, rng.normal(size=(n, 50)), 0))
        for n in (37, 300)
    )
    profiles, worth = profiles.astype(np.float32), worth.astype(np.float32)

    def ask(rows: slice, threads: int) -> tuple[Dense, Dense]:
        part = sparse.csr_array(profiles[rows])
        exclude = np.zeros(part.shape[0] + 1, np.int64), np.empty(0, np.int32)
        return feature_scan.top_k(part, worth, 20, exclude, threads=threads)

    whole = ask(slice(None), 1)
    for threads, size in ((2, 37), (3, 5), (1, 1)):
        parts = [ask(slice(at, at + size), threads) for at in range(0, 37, size)]
        np.testing.assert_array_equal(np.concatenate([part[0] for part in parts]), whole[0])
        np.testing.assert_array_equal(np.concatenate([part[1] for part in parts]), whole[1])
