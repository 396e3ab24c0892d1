"""Neighbours of users against loops over pairs of users, and the worked example."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Reading, matrix, training
from recli.kernels.user_neighbours import expected, neighbours_of, top_k
from recli.models.user_knn import UserKnn

PLAIN = {"history_exponent": 0.0, "user_exponent": 0.5}


def csr(dense):
    dense = np.asarray(dense, np.float32)
    rows, columns = np.nonzero(dense)
    rows, columns = rows.astype(np.int32), columns.astype(np.int32)
    return matrix(rows, columns, dense[rows, columns], dense.shape)


def fitted(dense, **options):
    rows, columns = np.nonzero(dense)
    rated = options.get("values") == "rating"
    frame = pl.DataFrame({"user_id": rows, "item_id": columns})
    values = pl.Series(dense[rows, columns]).cast(pl.Float32)
    frame = frame.with_columns(values.alias("rating" if rated else "weight"))
    data = training(frame, reading=Reading("rating" if rated else "weight"))
    return UserKnn(**{"neighbours": len(dense), **PLAIN, **options}).fit(data)


def lists(shape, histories, k=30, threads=1):
    """The score of every item by history; -inf for one that is not offered."""
    nothing = np.zeros(len(histories) + 1, np.int64), np.empty(0, np.int32)
    columns, scores = top_k(csr(histories), shape, k, nothing, None, threads)
    found = np.full(np.shape(histories), -np.inf)
    for row, (items, values) in enumerate(zip(columns, scores, strict=True)):
        found[row, items[items >= 0]] = values[items >= 0]
    return found


def ratings(seed=0, users=20, items=15, share=0.4):
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, 6, (users, items)) * (rng.random((users, items)) < share)
    dense[0] = 1 + np.arange(items) % 5  # all items are there
    return dense.astype(float)


def alike(similarity, a, b, rated):
    """One pair of rows, by the definitions."""
    both = (a > 0) & (b > 0)
    x, y = a[both], b[both]
    if similarity == "jaccard":
        return both.sum() / ((a > 0) | (b > 0)).sum()
    if similarity == "dot":
        return a @ b
    if similarity == "euclidean" and rated:
        return 1 / (1 + np.sqrt(((x - y) ** 2).mean()))
    if similarity == "euclidean":
        return 1 / (1 + np.linalg.norm(a - b))
    if similarity == "pearson":
        x, y = x - x.mean(), y - y.mean()
        length = np.linalg.norm(x) * np.linalg.norm(y)
        return x @ y / length if length > 1e-9 else 0
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def table(similarity, histories, past, rated, shrinkage=0.0):
    """Similarities [histories, users]; 0 for those who have nothing to offer."""
    found = np.zeros((len(histories), len(past)))
    for row, history in enumerate(histories):
        for user, other in enumerate(past):
            common = ((history > 0) & (other > 0)).sum()
            if 0 < common < (other > 0).sum():
                value = alike(similarity, history, other, rated) * common / (common + shrinkage)
                found[row, user] = max(value, 0)
    return found


CASES = [
    *((name, "weight") for name in ("cosine", "jaccard", "dot", "euclidean")),
    *((name, "rating") for name in ("cosine", "jaccard", "dot", "euclidean", "pearson")),
]


@pytest.mark.parametrize(("similarity", "values"), CASES)
def test_similarities_are_those_of_the_definitions(similarity, values):
    past, histories = ratings(1), ratings(2)[3:9]
    shape = fitted(past, similarity=similarity, values=values, shrinkage=1.5)
    wanted = table(similarity, histories, past, values == "rating", 1.5)
    np.testing.assert_allclose(
        neighbours_of(csr(histories), shape).toarray(), wanted, rtol=1e-5, atol=1e-7
    )


def test_scores_are_sums_of_the_similarities_of_those_who_have_the_item():
    past, histories = ratings(3), ratings(4)[5:9]
    found = lists(fitted(past, item_exponent=0.0), histories)
    wanted = table("cosine", histories, past, rated=False) @ (past > 0)
    np.testing.assert_allclose(found, np.where(wanted > 0, wanted, -np.inf), rtol=1e-5)


def test_exponents_weigh_items_and_users_by_degree():
    past, histories = ratings(5), ratings(6)[5:9]
    shape = fitted(
        past, similarity="dot", history_exponent=0.6, user_exponent=0.8, item_exponent=0.3
    )
    items, users = (past > 0).sum(axis=0), (past > 0).sum(axis=1)
    similar = (histories / items**0.6) @ past.T * users**-0.3
    similar[table("dot", histories, past, rated=False) == 0] = 0
    wanted = similar @ (past > 0) * items**-0.3
    np.testing.assert_allclose(
        lists(shape, histories), np.where(wanted > 0, wanted, -np.inf), rtol=1e-5
    )


def test_only_the_nearest_neighbours_count():
    past, histories = ratings(7), ratings(8)[5:9]
    similar = table("cosine", histories, past, rated=False)
    for row in similar:
        row[np.argsort(-row, kind="stable")[4:]] = 0
    wanted = similar @ (past > 0)
    found = lists(fitted(past, neighbours=4, item_exponent=0.0), histories)
    np.testing.assert_allclose(found, np.where(wanted > 0, wanted, -np.inf), rtol=1e-5)


@pytest.mark.parametrize("similarity", ["cosine", "pearson"])
def test_ratings_expected_are_means_and_weighted_differences(similarity):
    past, histories = ratings(9), ratings(10)[4:9]
    similar = table(similarity, histories, past, rated=True)
    means = [row[row > 0].mean() for row in past]
    wanted = np.full(histories.shape, -np.inf)
    for row, history in enumerate(histories):
        for item in range(past.shape[1]):
            who = np.flatnonzero((past[:, item] > 0) & (similar[row] > 0))
            if len(who):
                differ = [similar[row, user] * (past[user, item] - means[user]) for user in who]
                mean = history[history > 0].mean()
                wanted[row, item] = mean + np.sum(differ) / similar[row, who].sum()
    found = lists(fitted(past, similarity=similarity, values="rating"), histories)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_the_worked_example_of_ann_bo_and_cy():
    similar = csr([[0.97, 0.42]])
    differences = sparse.csr_array(np.array([[1 - 2.75], [5 - 3.75]], np.float32))
    nothing = np.zeros(2, np.int64), np.empty(0, np.int32)
    columns, scores = expected(np.array([3.33]), similar, differences, 2, nothing)
    assert columns.tolist() == [[0, -1]]
    assert scores[0, 0] == pytest.approx(2.49, abs=5e-3)


def test_cosines_of_ann_bo_and_cy():
    # Hardly anything of a fifth film keeps Bo and Cy from having nothing to offer.
    past = np.array([[4, 5, 1, 2, 0], [1, 1, 5, 4, 0], [0, 0, 0, 0, 1]], float)
    ann = np.array([[5, 4, 1, 1, 0]], float)
    past[:2, 4] = 1e-3
    found = neighbours_of(csr(ann), fitted(past)).toarray()[0]
    assert found[:2] == pytest.approx([0.967, 0.419], abs=5e-4)


def test_nobody_is_her_own_neighbour_when_her_history_has_grown():
    past = ratings(11)
    grown = past[3:4].copy()
    grown[0, np.flatnonzero(grown[0] == 0)[0]] = 2
    for history in (past[3:4], grown):
        assert neighbours_of(csr(history), fitted(past)).toarray()[0, 3] == 0


def test_a_history_of_unknown_items_finds_nobody():
    shape = fitted(ratings(12))
    assert neighbours_of(csr(np.zeros((2, 15))), shape).nnz == 0
    assert (lists(shape, np.zeros((2, 15))) == -np.inf).all()


@pytest.mark.parametrize(("similarity", "values"), CASES)
def test_the_same_bits_on_any_number_of_threads(similarity, values):
    past = ratings(13, users=150, items=80, share=0.1)
    shape = fitted(past, similarity=similarity, values=values)
    assert (lists(shape, past) == lists(shape, past, threads=5)).all()


def test_refuses_what_does_not_go_together():
    with pytest.raises(RecliError, match="pearson compares ratings") as caught:
        UserKnn("pearson")
    assert caught.value.code == ExitCode.USAGE
    with pytest.raises(RecliError, match="item-exponent"):
        UserKnn(values="rating", item_exponent=0.3)
    assert UserKnn("pearson", values="rating").needs() == ["rating"]
