"""The step is the gradient of the criterion, and the seed alone decides the vectors."""

import math

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.bpr import Step, ascend, learn
from recli.kernels.matrix import Training, ignore
from recli.models.bpr import Bpr


def criterion(user, positive, negative, step):
    """ln sigma(x_uij) - penalties / 2, written out (Rendle et al. 2009, eq. BPR-OPT)."""
    margin = user @ (positive - negative)
    penalty = step.user * user @ user + step.positive * positive @ positive
    penalty += step.negative * negative @ negative
    return -math.log1p(math.exp(-margin)) - penalty / 2


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_a_step_follows_the_numerical_gradient_of_the_criterion(scale):
    random, step = np.random.default_rng(1), Step(0.05, 0.01, 0.02, 0.3)
    vectors = random.standard_normal((3, 5)) * scale
    gradient = np.empty_like(vectors)
    for place in np.ndindex(vectors.shape):
        nudge = np.zeros_like(vectors)
        nudge[place] = 1e-6
        difference = criterion(*(vectors + nudge), step) - criterion(*(vectors - nudge), step)
        gradient[place] = difference / 2e-6
    moved = vectors.astype(np.float32)
    margin = np.float32(vectors[0] @ (vectors[1] - vectors[2]))
    ascend(moved[0], moved[1], moved[2], margin, step)
    np.testing.assert_allclose(moved, vectors + 0.05 * gradient, rtol=1e-4, atol=1e-5)


def slow_epoch(pairs, negative_of, users, items, step):
    """One epoch in plain numpy where each user has exactly one item that she may dislike."""
    for user, item in pairs:
        u, p, n = users[user].copy(), items[item].copy(), items[negative_of[user]].copy()
        slope = 1 / (1 + math.exp(u @ (p - n)))
        users[user] += step.rate * (slope * (p - n) - step.user * u)
        items[item] += step.rate * (slope * u - step.positive * p)
        items[negative_of[user]] += step.rate * (-slope * u - step.negative * n)


def test_an_epoch_equals_the_same_steps_in_plain_numpy():
    # One user and one visited pair an epoch: order and negatives leave no choice.
    matrix = sparse.csr_array(np.array([[1, 0]], np.float32))
    steps = [Step(0.5, 0.1, 0.2, 0.3)] * 4
    start = learn(matrix, np.ones(2), 3, [Step(0, 0, 0, 0)], 1, 9, 1, str)
    users, items = (vectors.astype(np.float64) for vectors in start)
    for step in steps:
        slow_epoch([(0, 0)], [1], users, items, step)
    fast_users, fast_items = learn(matrix, np.ones(2), 3, steps, 1, 9, 1, str)
    np.testing.assert_allclose(fast_users, users, rtol=1e-5)
    np.testing.assert_allclose(fast_items, items, rtol=1e-5)


def training(matrix, threads=1, report=ignore):
    rows, columns = matrix.nonzero()
    return Training(
        users=pl.Series(range(matrix.shape[0])),
        items=pl.Series(range(matrix.shape[1])),
        rows=rows.astype(np.int32),
        columns=columns.astype(np.int32),
        weights=matrix[rows, columns].astype(np.float32),
        threads=threads,
        report=report,
    )


def random_log(users, items, share):
    random = np.random.default_rng(4)
    return random.integers(1, 4, (users, items)) * (random.random((users, items)) < share)


@pytest.mark.parametrize("negatives", ["uniform", "popularity"])
def test_any_number_of_threads_gives_the_same_bits(negatives):
    log = random_log(400, 300, 0.05)
    model = Bpr(factors=9, iterations=4, negatives=negatives, hardest_of=2, seed=6)
    alone = model.fit(training(log, threads=1))
    for threads in (2, 3):
        together = model.fit(training(log, threads=threads))
        assert alone.users.tobytes() == together.users.tobytes()
        assert alone.items.tobytes() == together.items.tobytes()


def test_another_seed_gives_other_vectors():
    log = random_log(60, 50, 0.1)
    first, second = (Bpr(factors=4, iterations=2, seed=seed).fit(training(log)) for seed in (1, 2))
    assert not np.array_equal(first.items, second.items)


def checkerboard(users, items):
    """Even users like even items, odd users odd ones."""
    return (np.add.outer(np.arange(users), np.arange(items)) % 2 == 0).astype(np.float32)


@pytest.mark.parametrize("negatives", ["uniform", "popularity"])
@pytest.mark.parametrize("hardest_of", [1, 8])
def test_finds_the_item_that_was_held_back(negatives, hardest_of):
    # One item of each user is held back.
    users, board = np.arange(40), checkerboard(40, 20)
    held = (users + 2 * (users // 2)) % 20
    assert board[users, held].all()
    board[users, held] = 0
    factors = Bpr(factors=8, negatives=negatives, hardest_of=hardest_of).fit(training(board))
    scores = np.where(board > 0, -np.inf, factors.users @ factors.items.T)
    assert (scores.argmax(axis=1) == held).all()


@pytest.mark.parametrize("hardest_of", [1, 8])
def test_users_who_know_every_item_do_not_hang(hardest_of):
    lines = []
    log = np.ones((30, 15), np.float32)
    factors = Bpr(factors=4, iterations=3, hardest_of=hardest_of).fit(
        training(log, report=lines.append)
    )
    assert np.isfinite(factors.users).all()
    assert lines[2] == "epoch 3: no user has an item left to compare with"


def test_one_user_and_one_item_are_enough():
    factors = Bpr(factors=3, iterations=2).fit(training(np.ones((1, 1), np.float32)))
    assert factors.users.shape == factors.items.shape == (1, 3)


def test_each_epoch_reports_a_falling_loss_from_that_of_a_coin():
    lines = []
    Bpr(factors=8, iterations=30).fit(training(checkerboard(80, 60), report=lines.append))
    losses = [float(line.split("loss ")[1].split(",")[0]) for line in lines]
    assert len(losses) == 30
    assert abs(losses[0] - math.log(2)) < 0.02
    assert losses[-1] < 0.2 * losses[0]


def test_stronger_regularization_gives_shorter_vectors():
    log = random_log(80, 60, 0.1)
    base = Bpr(factors=8, iterations=20).fit(training(log))
    held = Bpr(factors=8, iterations=20, regularization=0.2).fit(training(log))
    assert np.linalg.norm(held.users) < 0.9 * np.linalg.norm(base.users)


def test_a_heavier_pair_scores_higher():
    log = np.ones((64, 12), np.float32)
    log[:, 6:] = 0
    log[:, 0] = 40
    factors = Bpr(factors=4, iterations=30, learning_rate=0.02, hardest_of=1).fit(training(log))
    scores = (factors.users @ factors.items.T).mean(axis=0)
    assert scores[0] > scores[1:6].max()


def test_every_value_out_of_range_is_named_at_once():
    with pytest.raises(RecliError, match=r"factors.*iterations.*learning-rate") as caught:
        Bpr(factors=0, iterations=0, learning_rate=float("nan"))
    assert caught.value.code == ExitCode.USAGE


def test_steps_that_are_too_long_are_refused_with_a_remedy():
    with pytest.raises(RecliError, match="lower --learning-rate"):
        Bpr(factors=4, learning_rate=1e4).fit(training(random_log(30, 20, 0.3)))
