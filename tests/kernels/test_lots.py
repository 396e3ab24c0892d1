"""Lots: uniform, repeatable, and each user's own."""

import numpy as np
import polars as pl

from recli.kernels import hashing, lots

USERS = pl.Series([f"u{n}" for n in range(500)])
NONE = np.zeros(501, np.int64), np.empty(0, np.int32)


def drawn(k: int, seed: int = 0, threads: int = 1, users: pl.Series = USERS) -> np.ndarray:  # type: ignore[type-arg]
    exclude = np.zeros(len(users) + 1, np.int64), NONE[1]
    return lots.top_k(users, np.ones(40, np.bool_), k, exclude, seed, threads)[0]


def test_the_k_largest_lots_are_drawn() -> None:
    columns, scores = lots.top_k(USERS, np.ones(40, np.bool_), 5, NONE, 3)
    states = (hashing.uniform([USERS], 3) * 2.0**53).astype(np.uint64)
    for user in (0, 99, 499):
        own = lots.lots(states[user], 40)
        order = np.argsort(-own, kind="stable")[:5]
        assert columns[user].tolist() == order.tolist()
        assert scores[user].tolist() == own[order].tolist()


def test_every_item_is_drawn_as_often_as_any_other() -> None:
    counts = np.bincount(drawn(10).ravel(), minlength=40)
    assert counts.sum() == 5000
    # 39 degrees of freedom: the value that a fair lot exceeds once in a million.
    assert ((counts - 125) ** 2 / 125).sum() < 97


def test_users_and_seeds_differ_and_nothing_else_matters() -> None:
    whole = drawn(10)
    assert len(np.unique(whole, axis=0)) == 500
    assert (drawn(10, seed=1) != whole).any(axis=1).all()
    np.testing.assert_array_equal(drawn(10, threads=3), whole)
    np.testing.assert_array_equal(drawn(10, users=USERS[::-1])[::-1], whole)
    np.testing.assert_array_equal(drawn(10, users=USERS[7:9]), whole[7:9])


def test_what_is_barred_or_not_allowed_is_never_drawn() -> None:
    mask = np.arange(40) % 2 == 0
    exclude = np.arange(501) * 3, np.tile(np.array([0, 1, 2], np.int32), 500)
    columns, scores = lots.top_k(USERS, mask, 40, exclude, 0)
    assert set(columns.ravel()) == {-1, *range(4, 40, 2)}
    assert (np.isneginf(scores) == (columns < 0)).all()
