"""The linear and low-pass filters of GF-CF against dense formulae."""

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels import graph_filter
from recli.kernels.matrix import Training, ignore
from recli.kernels.shapes import GraphFilter
from recli.models.bspm import Bspm
from recli.models.gf_cf import GfCf
from recli.models.pure_svd import PureSvd


def training(
    dense: np.ndarray, threads: int = 1, report: Callable[[str], None] = ignore
) -> Training:
    rows, columns = np.nonzero(dense)
    return Training(
        users=pl.Series(range(dense.shape[0])),
        items=pl.Series(range(dense.shape[1])),
        rows=rows.astype(np.int32),
        columns=columns.astype(np.int32),
        weights=dense[rows, columns].astype(np.float32),
        threads=threads,
        report=report,
    )


def log(seed: int, users: int, items: int, share: float = 0.3) -> np.ndarray:
    """Weights 1 to 3 of some pairs; item 0 has no users."""
    rng = np.random.default_rng(seed)
    dense = rng.integers(1, 4, (users, items)) * (rng.random((users, items)) < share)
    dense[:, 0] = 0
    return dense.astype(np.float64)


def normalized(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """D_U^-1/2 R D_I^-1/2, and the diagonal of D_I with 1 in the place of 0."""
    users, items = (np.where((sums := dense.sum(axis=axis)) > 0, sums, 1.0) for axis in (1, 0))
    return dense / np.sqrt(np.outer(users, items)), items


def low_pass(dense: np.ndarray, factors: int) -> np.ndarray:
    """D_I^-1/2 V V^T D_I^1/2 with V the leading right singular vectors."""
    steps, degrees = normalized(dense)
    _, values, right = np.linalg.svd(steps, full_matrices=False)
    vectors = right[:factors][values[:factors] > 1e-9].T
    return vectors @ vectors.T * np.sqrt(degrees)[None, :] / np.sqrt(degrees)[:, None]


def scores_of(shape: GraphFilter, history: np.ndarray, threads: int = 1) -> np.ndarray:
    """Scores [queries, items] of everything, 0 for a query without history."""
    queries, items = len(history), len(shape.decoder)
    own = sparse.csr_array(history.astype(np.float32))
    nothing = np.zeros(queries + 1, np.int64), np.empty(0, np.int32)
    columns, scores = graph_filter.top_k(own, shape, items, nothing, threads=threads)
    result = np.zeros((queries, items))
    rows, ranks = np.nonzero(columns >= 0)
    result[rows, columns[rows, ranks]] = scores[rows, ranks]
    return result


@pytest.mark.parametrize(("users", "items"), [(40, 25), (20, 33), (9, 3)])
@pytest.mark.parametrize("factors", [1, 5])
def test_scores_are_those_of_the_linear_filter_and_the_low_pass(
    users: int, items: int, factors: int
) -> None:
    dense = log(1, users, items)
    steps, _ = normalized(dense)
    wanted = dense @ (steps.T @ steps + 0.3 * low_pass(dense, factors))
    shape = GfCf(factors=min(factors, users, items)).fit(training(dense))
    np.testing.assert_allclose(scores_of(shape, dense), wanted, rtol=1e-4, atol=1e-5)


def test_two_users_who_share_one_of_two_items() -> None:
    # User 0 took items 0 and 1, user 1 took item 1: D_U = (2, 1), D_I = (1, 2), so that
    # A = [[1/sqrt 2, 1/2], [0, 1/sqrt 2]] and A^T A = [[1/2, 1/sqrt 8], [1/sqrt 8, 3/4]].
    shape = GfCf(low_pass_weight=0, factors=2).fit(training(np.array([[1, 1], [0, 1]])))
    alone = scores_of(shape, np.eye(2))
    np.testing.assert_allclose(alone, [[0.5, 8**-0.5], [8**-0.5, 0.75]], rtol=1e-6)


def test_takes_all_singular_vectors_of_a_small_log() -> None:
    dense = log(2, 12, 30)
    shape = GfCf().fit(training(dense))
    steps, _ = normalized(dense)
    wanted = dense @ (steps.T @ steps + 0.3 * low_pass(dense, 12))
    np.testing.assert_allclose(scores_of(shape, dense), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", [GfCf, Bspm, PureSvd])
def test_refuses_more_factors_than_there_are(model: type[GfCf | Bspm | PureSvd]) -> None:
    with pytest.raises(RecliError, match="no 13 factors of 12 users and 30 items") as caught:
        model(factors=13).fit(training(log(2, 12, 30)))
    assert caught.value.remedy == "--factors may be 12 at most"


def test_the_same_bits_however_users_are_cut_and_whatever_the_threads() -> None:
    dense = log(3, 150, 40)
    shape = GfCf(factors=8).fit(training(dense))
    whole = scores_of(shape, dense)
    assert np.array_equal(whole, scores_of(shape, dense, threads=3))
    for cut in (1, 7, 70):
        parts = [scores_of(shape, dense[at : at + cut]) for at in range(0, len(dense), cut)]
        assert np.array_equal(whole, np.concatenate(parts))


def test_seen_and_filtered_items_are_left_out() -> None:
    dense = log(4, 70, 20)
    shape = GfCf(factors=4).fit(training(dense))
    own, only = sparse.csr_array(dense.astype(np.float32)), np.arange(20) % 3 > 0
    columns, _ = graph_filter.top_k(
        own, shape, 5, (own.indptr.astype(np.int64), own.indices.astype(np.int32)), only
    )
    scores = np.where((dense > 0) | ~only, -np.inf, scores_of(shape, dense))
    for user in range(70):
        best = np.lexsort((np.arange(20), -scores[user]))[:5]
        offered = [item if np.isfinite(scores[user, item]) else -1 for item in best]
        assert columns[user].tolist() == offered


def test_a_user_without_a_history_gets_nothing() -> None:
    shape = GfCf(factors=2).fit(training(log(5, 10, 8)))
    none: tuple[np.ndarray, np.ndarray] = (np.zeros(2, np.int64), np.empty(0, np.int32))
    empty = sparse.csr_array((1, 8), dtype=np.float32)
    columns, scores = graph_filter.top_k(empty, shape, 3, none)
    assert columns.tolist() == [[-1, -1, -1]]
    assert np.isneginf(scores).all()


def test_a_weight_that_is_not_positive_is_refused() -> None:
    with pytest.raises(RecliError, match="not positive") as refused:
        GfCf().fit(training(np.array([[1.0, -1.0], [1.0, 1.0]])))
    assert refused.value.code == ExitCode.DATA
