"""Estimators in a small world whose truth is known, over many logs of it."""

from dataclasses import dataclass

import numpy as np
import pytest

from recli.estimators.clipped_ips import ClippedIps
from recli.estimators.dm import Dm
from recli.estimators.dr import Dr
from recli.estimators.ips import Ips
from recli.estimators.replay import Replay
from recli.estimators.snips import Snips
from recli.estimators.switch_dr import SwitchDr
from recli.kernels import bootstrap
from recli.kernels.estimator import Estimator, Rows
from recli.kernels.off_policy import Overlap, Values, standard_error
from recli.kernels.reward_means import Cells, Sums, fitted, pulls

LOGS, ROWS = 200, 600
REWARD = np.array([[0.5, 0.2, 0.1, 0.05], [0.1, 0.1, 0.6, 0.3]])  # [contexts, items]
LOGGING = np.array([[0.1, 0.4, 0.4, 0.1], [0.4, 0.3, 0.1, 0.2]])
POLICY = np.array([[0.7, 0.1, 0.1, 0.1], [0.0, 0.1, 0.6, 0.3]])
TRUTH = (POLICY * REWARD).sum(axis=1).mean()
WRONG = np.full((2, 4), 0.35)


@dataclass
class Log:
    context: np.ndarray
    item: np.ndarray
    reward: np.ndarray


def logs() -> list[Log]:
    rng = np.random.default_rng(11)
    made = []
    for _ in range(LOGS):
        context = rng.integers(0, 2, ROWS)
        item = (rng.random((ROWS, 1)) > LOGGING[context].cumsum(axis=1)).sum(axis=1).clip(0, 3)
        reward = (rng.random(ROWS) < REWARD[context, item]) * 1.0
        made.append(Log(context, item, reward))
    return made


ALL = logs()


def rows(log: Log, model: np.ndarray, logging: np.ndarray = LOGGING) -> Rows:
    at = log.context, log.item
    promised = (POLICY * model).sum(axis=1)[log.context]
    weight = POLICY[at] / logging[at]
    return Rows(log.reward, POLICY[at], weight, model[at], promised, ROWS)


def mean(estimator: Estimator, model: np.ndarray, logging: np.ndarray = LOGGING) -> float:
    """How many standard errors the mean over all logs is off the truth."""
    found = []
    for log in ALL:
        terms = estimator.terms(rows(log, model, logging))
        found.append(terms.top.sum() / terms.bottom.sum())
    return float((np.mean(found) - TRUTH) / max(np.std(found) / np.sqrt(LOGS), 1e-9))


EVEN = np.full((2, 4), 0.25)


@pytest.mark.parametrize(
    ("estimator", "model", "logging"),
    [
        (Ips(), WRONG, LOGGING),
        (Snips(), WRONG, LOGGING),
        (ClippedIps(cap=7.0), WRONG, LOGGING),
        (Dr(), WRONG, LOGGING),
        (Dr(), REWARD, EVEN),
        (Dm(), REWARD, EVEN),
        (SwitchDr(threshold=7.0), WRONG, LOGGING),
        (SwitchDr(threshold=0.5), REWARD, LOGGING),
    ],
)
def test_what_is_unbiased_is_right_on_average(
    estimator: Estimator, model: np.ndarray, logging: np.ndarray
) -> None:
    assert abs(mean(estimator, model, logging)) < 3.5


@pytest.mark.parametrize(
    ("estimator", "model", "logging"),
    [
        (Ips(), WRONG, EVEN),
        (Dm(), WRONG, LOGGING),
        (Dr(), WRONG, EVEN),
        (Replay(), WRONG, LOGGING),
        (ClippedIps(cap=1.0), WRONG, LOGGING),
        (SwitchDr(threshold=0.5), WRONG, LOGGING),
    ],
)
def test_what_rests_on_something_wrong_is_off(
    estimator: Estimator, model: np.ndarray, logging: np.ndarray
) -> None:
    assert abs(mean(estimator, model, logging)) > 10


def test_doubly_robust_is_quieter_than_weights_alone_where_the_model_is_right() -> None:
    tops = [(Ips().terms(rows(log, REWARD)).top, Dr().terms(rows(log, REWARD)).top) for log in ALL]
    ips, dr = np.array([[one.mean() for one in pair] for pair in tops]).std(axis=0)
    assert dr < 0.8 * ips


def test_intervals_hold_the_truth_nineteen_times_in_twenty() -> None:
    """Of weights, with and without a model; that of a model alone holds what it is on average."""
    weights = bootstrap.draws(1)
    cells = Cells(np.repeat([0, 1], 4), np.tile(np.arange(4), 2))
    held = dict.fromkeys(("ips", "snips", "dr", "dm"), 0)
    used, alone = ALL[:40], []
    for log in used:
        cell = log.context * 4 + log.item
        counts = (np.bincount(cell, one, 8) for one in (np.ones(ROWS), log.reward, log.reward))
        sums = Sums(*counts)
        means = fitted(cells, sums)
        told = rows(log, means.q.reshape(2, 4))
        values = Values(["logged", *held], 1)
        at = np.zeros(ROWS, np.int64), np.random.default_rng(5).integers(0, 4096, ROWS)
        values.add("logged", at, log.reward, np.ones(ROWS))
        for name, one in (("ips", Ips()), ("snips", Snips()), ("dr", Dr()), ("dm", Dm())):
            terms = one.terms(told)
            values.add(name, at, terms.top, terms.bottom)
        mass = np.bincount(log.context, minlength=2)[:, None] * POLICY
        pull = pulls(cells, sums.volume, means, mass.ravel())
        values.owe("dm", at[1], pull.of(means, cells, (cell, np.ones(ROWS), log.reward)))
        found = values.drawn(weights).of(None)
        for name in ("ips", "snips", "dr"):
            held[name] += found[name].low <= TRUTH <= found[name].high
        alone.append(found["dm"])
    middle = np.mean([one.value for one in alone])
    held["dm"] = sum(one.low <= middle <= one.high for one in alone)
    # 0.95 less 2.2 standard errors of 40 logs. How far means lean on each other is taken as given,
    # so that the interval of a model alone is somewhat narrow on so few rows.
    assert held.pop("dm") / len(used) > 0.82
    assert all(count / len(used) > 0.87 for count in held.values()), held
    assert sum(held.values()) < 3 * len(used)


def test_what_is_divided_by_its_weights_is_so_place_by_place() -> None:
    values = Values(["logged", "snips"], 2)
    at = np.array([0, 0, 1]), np.array([0, 1, 2])
    values.add("logged", at, np.array([1.0, 0, 0]), np.ones(3))
    values.add("snips", at, np.array([6.0, 0, 0]), np.array([6.0, 6, 1]))
    found = values.drawn(np.ones((1, 4096)))
    assert found.of(0)["snips"].value == pytest.approx(0.5)
    assert found.of(None)["snips"].value == pytest.approx((0.5 * 2 + 0 * 1) / 3)
    assert found.of(None)["snips"].difference == pytest.approx(0)


def test_effective_sample_size_is_that_of_kish() -> None:
    overlap = Overlap(2)
    overlap.add(np.array([0, 0, 1]), np.array([1.0, 3.0, 0.0]))
    assert overlap.effective(0) == pytest.approx(16 / 10)
    assert overlap.effective(1) == 0
    assert overlap.most.tolist() == [3, 0]


def test_the_standard_error_is_that_of_a_mean() -> None:
    draws = np.random.default_rng(6).normal(size=4000)
    found = standard_error(draws, np.ones(4000))
    assert found == pytest.approx(draws.std() / np.sqrt(4000), rel=1e-6)
