"""Neighbours and their scores against dense formulae and worked examples."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Training
from recli.kernels.neighbours import score_top_k
from recli.models.item_knn import ItemKnn

PLAIN = {"user_exponent": 0.0, "item_exponent": 0.5, "history_exponent": 0.5, "shrinkage": 0.0}


def training(dense, threads=1):
    rows, columns = np.nonzero(dense)
    return Training(
        users=pl.Series(range(dense.shape[0])),
        items=pl.Series(range(dense.shape[1])),
        rows=rows.astype(np.int32),
        columns=columns.astype(np.int32),
        weights=dense[rows, columns].astype(np.float32),
        threads=threads,
    )


def fitted(dense, threads=1, **options):
    model = ItemKnn(**{"neighbours": dense.shape[1], **PLAIN, **options})
    return model.fit(training(dense, threads)).weights.toarray()


def ratings(seed, users=30, items=12, share=0.3):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 6, (users, items)) * (rng.random((users, items)) < share)


def without_self(similarity):
    similarity = np.nan_to_num(similarity)
    np.fill_diagonal(similarity, 0)
    return similarity


def cosines(weighted):
    lengths = np.sqrt((weighted**2).sum(axis=0))
    with np.errstate(invalid="ignore"):
        return without_self((weighted.T @ weighted) / np.outer(lengths, lengths))


def test_cosines_of_the_worked_example():
    # Three people as items, four films as users.
    people = np.array([[5, 4, 1, 1], [4, 5, 1, 2], [1, 1, 5, 4]]).T
    weights = fitted(people)
    assert weights[0, 1] == pytest.approx(0.967, abs=5e-4)
    assert weights[0, 2] == pytest.approx(0.419, abs=5e-4)


def test_cosine_is_the_dense_formula():
    dense = ratings(0)
    np.testing.assert_allclose(fitted(dense), cosines(dense), rtol=1e-6)


def test_jaccard_counts_common_and_all_users():
    dense = ratings(1)
    sets = [set(np.flatnonzero(column)) for column in dense.T]
    expected = [[len(a & b) / max(len(a | b), 1) for b in sets] for a in sets]
    np.testing.assert_allclose(
        fitted(dense, similarity="jaccard"), without_self(np.array(expected)), rtol=1e-6
    )


def test_tf_idf_is_the_cosine_of_damped_weights():
    dense = ratings(2)
    degrees = np.maximum((dense > 0).sum(axis=1), 1)
    weighted = np.sqrt(dense) * np.log(dense.shape[1] / degrees)[:, None]
    np.testing.assert_allclose(fitted(dense, similarity="tf-idf"), cosines(weighted), rtol=1e-5)


def test_bm25_is_the_product_of_saturated_weights():
    dense = ratings(3)
    degrees = np.maximum((dense > 0).sum(axis=1), 1)
    lengths = dense.sum(axis=0) / dense.sum(axis=0).mean()
    weighted = dense * 3.0 / (2.0 * (0.6 + 0.4 * lengths) + dense)
    weighted *= np.log(dense.shape[1] / degrees)[:, None]
    found = fitted(dense, similarity="bm25", bm25_k1=2.0, bm25_b=0.4)
    np.testing.assert_allclose(found, without_self(weighted.T @ weighted), rtol=1e-5)


def test_exponents_and_shrinkage_weigh_users_and_items_by_degree():
    dense = ratings(4)
    binary = (dense > 0).astype(float)
    users, items = (np.maximum(binary.sum(axis=axis), 1) for axis in (1, 0))
    common = binary.T @ binary
    lengths = np.sqrt((dense**2).sum(axis=0))
    with np.errstate(invalid="ignore"):
        expected = (dense.T * users**-0.8) @ dense / np.outer(lengths, lengths)
        expected *= np.outer(items**-0.2, items**0.3) * common / (common + 1.5)
    found = fitted(dense, user_exponent=0.4, history_exponent=0.7, item_exponent=0.2, shrinkage=1.5)
    np.testing.assert_allclose(found, without_self(expected), rtol=1e-5)


def test_common_users_who_say_nothing_are_not_counted_for_the_next_item():
    # The first user has every item, so her tf-idf weights are 0, yet she is a common user.
    dense = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 1, 0]])
    common = (dense > 0).T @ (dense > 0).astype(float)
    weighted = dense * np.log(4 / dense.sum(axis=1))[:, None]
    expected = cosines(weighted) * common / (common + 2)
    found = fitted(dense, similarity="tf-idf", shrinkage=2.0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_keeps_the_neighbours_of_each_item_of_a_history():
    dense = ratings(5, items=40)
    everything = fitted(dense)
    expected = np.zeros_like(everything)
    for item in range(40):
        order = sorted(range(40), key=lambda other: (-everything[item, other], other))[:5]
        expected[item, order] = everything[item, order]
    np.testing.assert_array_equal(fitted(dense, neighbours=5), expected)


@pytest.mark.parametrize("similarity", ["cosine", "jaccard", "tf-idf", "bm25"])
def test_learns_the_same_bits_on_any_number_of_threads(similarity):
    data = ratings(6, users=300, items=150, share=0.1)
    first = ItemKnn(similarity, neighbours=20).fit(training(data)).weights
    for threads in (2, 5):
        again = ItemKnn(similarity, neighbours=20).fit(training(data, threads)).weights
        assert again.data.tobytes() == first.data.tobytes()
        assert again.indices.tobytes() == first.indices.tobytes()
        assert again.has_sorted_indices


def test_an_item_that_nobody_has_with_others_gets_no_neighbours():
    dense = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    assert ItemKnn().fit(training(dense)).weights.toarray()[2].tolist() == [0, 0, 0]
    alone = ItemKnn().fit(training(np.ones((1, 1))))
    assert alone.weights.nnz == 0


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_refuses_weights_that_are_not_positive_and_finite(weight):
    with pytest.raises(RecliError, match="1 pairs"):
        ItemKnn().fit(training(np.array([[1, weight], [1, 2]])))


def test_refuses_all_impossible_options_at_once():
    with pytest.raises(RecliError, match=r"neighbours.*shrinkage.*bm25-b") as caught:
        ItemKnn(neighbours=0, shrinkage=-1.0, bm25_b=2.0)
    assert caught.value.code == ExitCode.USAGE


def pairs(matrix):
    return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), k=st.integers(1, 40), threads=st.integers(1, 3))
def test_scores_are_sums_over_the_history_and_only_touched_items_come_back(seed, k, threads):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 40))
    history, weights, barred = (
        rng.integers(-2, 4, (rows, size)) * (rng.random((rows, size)) < share)
        for rows, share in ((9, 0.2), (size, 0.3), (9, rng.choice([0, 0.3, 1])))
    )
    only = rng.random(size) < 0.8
    found = score_top_k(
        *(sparse.csr_array(part.astype(np.float32)) for part in (history, weights)),
        k, pairs(sparse.csr_array(barred)), only, threads,
    )  # fmt: skip
    sums = history @ weights
    for query in range(9):
        left = np.flatnonzero((sums[query] != 0) & only & (barred[query] == 0))
        order = sorted(left, key=lambda item: (-sums[query, item], item))[:k]
        padding = k - len(order)
        assert found[0][query].tolist() == [*order, *[-1] * padding]
        assert found[1][query].tolist() == [*sums[query, order], *[-np.inf] * padding]


def test_a_sum_that_is_not_finite_is_never_returned():
    weights = sparse.csr_array(np.array([[0, np.nan, np.inf, 1]] * 4, np.float32))
    history = sparse.csr_array(np.array([[1, 0, 0, 0]], np.float32))
    columns, _ = score_top_k(history, weights, 3)
    assert columns.tolist() == [[3, -1, -1]]


def test_refuses_shapes_that_do_not_fit():
    history, weights = (sparse.csr_array(np.eye(size, dtype=np.float32)) for size in (2, 2))
    with pytest.raises(ValueError, match="history"):
        score_top_k(history, sparse.csr_array(np.eye(3, dtype=np.float32)), 1)
    with pytest.raises(ValueError, match="exclude has 1 rows for 2"):
        score_top_k(history, weights, 1, (np.array([0, 1]), np.array([0], np.int32)))
    with pytest.raises(ValueError, match="column 5 of 2"):
        score_top_k(history, weights, 1, (np.array([0, 1, 1]), np.array([5], np.int32)))
    with pytest.raises(ValueError, match="only"):
        score_top_k(history, weights, 1, None, np.ones(3, bool))


def test_dot_is_the_sum_of_products():
    dense = ratings(20)
    expected = (dense.T @ dense).astype(float)
    np.testing.assert_allclose(fitted(dense, similarity="dot"), without_self(expected), rtol=1e-6)


def test_asymmetric_cosine_is_the_cosine_with_exponents_that_add_up_to_one():
    binary = (ratings(21) > 0).astype(int)
    users = binary.sum(axis=0).astype(float)
    expected = without_self(binary.T @ binary / np.outer(users**0.8, users**0.2))
    found = fitted(binary, history_exponent=0.8, item_exponent=0.2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_euclidean_falls_with_the_distance_over_all_users():
    dense = ratings(22)
    distances = np.linalg.norm(dense.T[:, None, :] - dense.T[None, :, :], axis=2)
    common = (dense > 0).T @ (dense > 0).astype(int)
    expected = without_self(np.where(common > 0, 1 / (1 + distances), 0))
    np.testing.assert_allclose(fitted(dense, similarity="euclidean"), expected, rtol=1e-5)


def rated(dense, similarity, compare, shrinkage=0.0, **options):
    """What is found of ratings, and a comparison of every pair by its common users alone."""
    expected = np.zeros((dense.shape[1], dense.shape[1]))
    for i, j in np.ndindex(expected.shape):
        both = (dense[:, i] > 0) & (dense[:, j] > 0)
        if i != j and both.any():
            doubt = both.sum() / (both.sum() + shrinkage)
            expected[i, j] = max(compare(dense[both], i, j), 0) * doubt
    options = {"values": "rating", "similarity": similarity, "shrinkage": shrinkage, **options}
    return fitted(dense, **options), np.nan_to_num(expected)


def correlation(rows, i, j):
    x, y = (rows[:, item] - rows[:, item].mean() for item in (i, j))
    length = np.linalg.norm(x) * np.linalg.norm(y)
    return x @ y / length if length > 1e-9 else 0


def adjusted(rows, i, j):
    means = rows.sum(axis=1) / (rows > 0).sum(axis=1)
    x, y = rows[:, i] - means, rows[:, j] - means
    length = np.linalg.norm(x) * np.linalg.norm(y)
    return x @ y / length if length > 1e-9 else 0


def nearness(rows, i, j):
    return 1 / (1 + np.sqrt(((rows[:, i] - rows[:, j]) ** 2).mean()))


@pytest.mark.parametrize(
    ("similarity", "compare"),
    [("pearson", correlation), ("adjusted-cosine", adjusted), ("euclidean", nearness)],
)
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
def test_similarities_of_ratings_look_at_common_users_alone(similarity, compare, shrinkage):
    found, expected = rated(ratings(23), similarity, compare, shrinkage)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)


def test_pearson_of_the_worked_example():
    # By hand: Ann differs from her mean by 2.25, 1.25, -1.75, -1.75, Bo by 1, 2, -2, -1; and
    # Cy's taste is the opposite of Ann's.
    people = np.array([[5, 4, 1, 1], [4, 5, 1, 2], [1, 1, 5, 4]]).T
    found = fitted(people, similarity="pearson", values="rating")
    assert found[0, 1] == pytest.approx(10 / np.sqrt(12.75 * 10))
    assert found[0, 2] == 0


@pytest.mark.parametrize("similarity", ["pearson", "adjusted-cosine", "euclidean"])
def test_learns_the_same_bits_of_ratings_on_any_number_of_threads(similarity):
    data = ratings(24, users=300, items=150, share=0.1)
    model = ItemKnn(similarity, values="rating", neighbours=20)
    first, again = (model.fit(training(data, threads)).weights for threads in (1, 5))
    assert again.data.tobytes() == first.data.tobytes()
    assert again.indices.tobytes() == first.indices.tobytes()


@pytest.mark.parametrize(
    ("similarity", "values", "wanted"),
    [("pearson", "weight", "rating"), ("adjusted-cosine", "weight", "rating"),
     ("tf-idf", "rating", "weight"), ("bm25", "rating", "weight")],
)  # fmt: skip
def test_refuses_a_similarity_of_what_is_not_read(similarity, values, wanted):
    with pytest.raises(RecliError, match=f"{similarity} compares {wanted}s") as caught:
        ItemKnn(similarity, values=values)
    assert caught.value.code == ExitCode.USAGE
