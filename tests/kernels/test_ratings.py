"""Models of ratings against slow solutions, hand-made examples and the steps of the papers."""

import numpy as np
import pytest
from scipy import sparse

from recli.kernels import ratings, svd_pp
from recli.kernels.folding import folded
from recli.kernels.shapes import RatingFoldIn


def log(users=30, items=12, seed=3):
    random = np.random.default_rng(seed)
    given = random.random((users, items)) < 0.5
    given[4] = False  # a user and an item without any
    given[:, 7] = False
    values = random.integers(1, 6, (users, items)).astype(np.float32)
    return sparse.csr_array(np.where(given, values, 0))


def slow_vector(targets, fixed, penalties):
    """The ridge regression of targets on fixed vectors."""
    return np.linalg.solve(fixed.T @ fixed + np.diag(penalties), fixed.T @ targets)


@pytest.mark.parametrize(("bias", "nu"), [(0.7, 0.5), (None, 1.0), (0.2, 0.0)])
def test_a_users_vector_is_her_ridge_regression(bias, nu):
    random = np.random.default_rng(1)
    matrix = log()
    items = random.standard_normal((12, 5)).astype(np.float32)
    items[:, -1] = 1
    way = RatingFoldIn(3.0, 1.0, 5.0, 0.4, bias, nu)
    found = folded(way, matrix, items, 2)
    for user in range(30):
        row = matrix[[user]].tocoo()
        if not row.nnz:
            np.testing.assert_array_equal(found[user], [0, 0, 0, 1, 3])
            continue
        own = items[row.col].astype(np.float64)
        targets = row.data - 3.0 - own[:, 3]
        penalties = [0.4] * 3 + ([] if bias is None else [bias])
        fixed = own[:, :3] if bias is None else own[:, [0, 1, 2, 4]]
        solved = slow_vector(targets, fixed, row.nnz**nu * np.array(penalties))
        np.testing.assert_allclose(found[user, :3], solved[:3], rtol=1e-5, atol=1e-6)
        assert found[user, 3] == 1
        assert found[user, 4] == pytest.approx(3 + (0 if bias is None else solved[3]), rel=1e-6)


def test_alternating_solutions_end_where_every_gradient_is_zero():
    matrix = log()
    way = RatingFoldIn(3.0, 1.0, 5.0, 0.8, 0.5, 0.5)
    users, items = ratings.fit(matrix, way, factors=2, iterations=400, seed=0)
    dense, given = matrix.toarray(), matrix.toarray() > 0
    errors = np.where(given, dense - users.astype(float) @ items.T, 0)
    of_user, of_item = np.sqrt(given.sum(1)), np.sqrt(given.sum(0))
    p, q = users[:, :2].astype(float), items[:, :2].astype(float)
    b_user, b_item = users[:, 3].astype(float) - 3, items[:, 2].astype(float)
    for gradient in (
        errors @ q - 0.8 * of_user[:, None] * p,
        errors.T @ p - 0.8 * of_item[:, None] * q,
        errors.sum(1) - 0.5 * of_user * b_user,
        errors.sum(0) - 0.5 * of_item * b_item,
    ):
        np.testing.assert_allclose(gradient, 0, atol=1e-3)


def test_the_same_bits_with_any_thread_count():
    matrix = log(400, 90)
    way = RatingFoldIn(3.0, 1.0, 5.0, 0.8, 0.5, 0.5)
    found = [
        ratings.fit(matrix, way, factors=8, iterations=3, seed=0, threads=count)
        for count in (1, 2, 3)
    ]
    for users, items in found[1:]:
        assert (users == found[0][0]).all()
        assert (items == found[0][1]).all()


def test_svd_pp_predicts_what_its_formula_says():
    # Two items rated of three: |N(u)|^-1/2 is 1 / sqrt 2.
    matrix = sparse.csr_array(np.array([[4, 0, 2]], np.float32))
    implicit = np.array([[1, 0], [9, 9], [1, 2]], np.float32)
    parts = svd_pp.Parts(np.array([[0.5, 1]], np.float32), *[implicit] * 2, *[np.zeros(1)] * 2)
    expected = np.array([0.5, 1]) + np.array([2, 2]) / np.sqrt(2)
    np.testing.assert_allclose(svd_pp.whole(matrix, parts)[0], expected, rtol=1e-6)
    # A user who was not there has the same sum, and p and her bias from her ratings.
    items = np.array([[1, 2, 0.1, 1], [3, 1, 0, 1], [0, 1, -0.2, 1]], np.float32)
    way = RatingFoldIn(3.0, 1.0, 5.0, 0.5, 0.25, 1.0, implicit)
    spread = np.array([2, 2]) / np.sqrt(2)
    rated = items[[0, 2]].astype(float)
    targets = np.array([4, 2]) - 3 - rated[:, 2] - rated[:, :2] @ spread
    solved = slow_vector(targets, rated[:, [0, 1, 3]], 2 * np.array([0.5, 0.5, 0.25]))
    found = folded(way, matrix, items, 1)[0]
    np.testing.assert_allclose(found, [*(spread + solved[:2]), 1, 3 + solved[2]], rtol=1e-6)


def slow_epoch(matrix, mean, parts, step, order, key):
    """Every step of the paper, one y_j after the other, in float64."""
    p, q, y, user_biases, item_biases = (part.astype(float) for part in parts)
    for user in order:
        start, stop = matrix.indptr[user : user + 2]
        if start == stop:
            continue
        rated = matrix.indices[start:stop]
        weight = 1 / np.sqrt(len(rated))
        mixed = svd_pp.scramble(np.uint64((int(key) + int(user) * int(svd_pp.GOLDEN)) % 2**64))
        for at in svd_pp._shuffled(start, stop, np.uint64(mixed)):
            item = matrix.indices[at]
            whole = p[user] + weight * y[rated].sum(axis=0)
            predicted = mean + user_biases[user] + item_biases[item] + q[item] @ whole
            error = matrix.data[at] - predicted
            was = q[item].copy()
            user_biases[user] += step.rate * (error - step.biases * user_biases[user])
            item_biases[item] += step.rate * (error - step.biases * item_biases[item])
            q[item] += step.rate * (error * whole - step.vectors * q[item])
            p[user] += step.rate * (error * was - step.vectors * p[user])
            y[rated] += step.rate * (error * weight * was - step.vectors * y[rated])
    return p, q, y, user_biases, item_biases


def test_an_epoch_takes_exactly_the_steps_of_the_paper():
    matrix = log()
    random = np.random.default_rng(5)
    parts = svd_pp.Parts(
        *(random.standard_normal((rows, 4)).astype(np.float32) for rows in (30, 12, 12)),
        *(random.standard_normal(rows).astype(np.float32) for rows in (30, 12)),
    )
    step, order, key = svd_pp.Step(0.03, 0.1, 0.2), random.permutation(30), np.uint64(77)
    expected = slow_epoch(matrix, 3.0, parts, step, order, key)
    given = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data
    svd_pp.epoch(*given, 3.0, parts, step, order, key)
    for part, slow in zip(parts, expected, strict=True):
        np.testing.assert_allclose(part, slow, rtol=2e-4, atol=2e-5)
