"""Logistic regression and factorization machines against slow, obvious versions."""

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy.optimize import check_grad

from recli.kernels import binning, fm
from recli.kernels.chances import log_loss
from recli.kernels.ranking import RankingData
from recli.rankers.fm import Fm
from recli.rankers.logistic import Logistic

NAMES = ("size", "kind", "town")
Doubles = npt.NDArray[np.float64]


def rows(count: int = 3000, seed: int = 0) -> npt.NDArray[np.float32]:
    draw = np.random.default_rng(seed)
    size = draw.normal(size=count)
    size[draw.random(count) < 0.1] = np.nan
    return np.stack([size, draw.integers(0, 4, count), draw.integers(0, 3, count)], axis=1).astype(
        np.float32
    )


def chosen_by(odds: Doubles, seed: int = 1) -> npt.NDArray[np.bool_]:
    return np.random.default_rng(seed).random(len(odds)) < 1 / (1 + np.exp(-odds))


def data(features: npt.NDArray[np.float32], chosen: npt.NDArray[np.bool_]) -> RankingData:
    sizes = np.full(len(features) // 10, 10)
    users = pl.Series([f"u{at}" for at in range(len(sizes))])
    gains, moments = chosen.astype(np.float32), np.zeros(len(sizes), np.int64)
    return RankingData(NAMES, NAMES[1:], features, gains, sizes, users, moments)


def one_hot(codes: npt.NDArray[np.int32], width: int) -> Doubles:
    table = np.zeros((len(codes), width))
    for at in range(codes.shape[1]):
        table[np.arange(len(codes)), codes[:, at]] = 1
    return table


def test_bins_are_equally_full_and_what_is_new_or_missing_has_a_code_of_its_own() -> None:
    features = rows()
    bins = binning.learned(NAMES, NAMES[1:], features, 8)
    codes = bins.codes(features)
    counts = np.bincount(codes[:, 0], minlength=9)
    assert counts[0] == np.isnan(features[:, 0]).sum()
    assert counts[1:].max() - counts[1:].min() <= 2
    for value, code in ((7, 0), (-1, 0), (np.nan, 0), (3, 4)):
        row = np.array([[0, value, 0]], np.float32)
        assert bins.codes(row)[0, 1] - bins.starts[1] == code
    assert binning.Bins.of(json.loads(json.dumps(bins.record()))) == bins


def test_a_quantity_that_never_varies_has_one_bin() -> None:
    bins = binning.learned(("a",), (), np.full((5, 1), 3, np.float32), 16)
    assert bins.codes(np.array([[3], [np.nan]], np.float32)).tolist() == [[2], [0]]


def test_logistic_weights_are_where_the_penalized_loss_is_least() -> None:
    features = rows()
    chosen = chosen_by(np.nan_to_num(features[:, 0]) + (features[:, 1] == 2) - 1)
    ranker = Logistic(l2=2.0, bins=6, validation=0.0)
    shares = np.where(chosen, 1.5, 1.0)
    shares *= len(shares) / shares.sum()
    weighed = replace(data(features, chosen), weights=np.where(chosen, 3, 2).astype(np.float32))
    record = json.loads(ranker.fit(weighed).files["weights.json"])
    bins, weights = binning.Bins.of(record["bins"]), np.array(record["weights"])
    table = one_hot(bins.codes(features), len(weights) - 1)

    def loss(w: Doubles) -> float:
        odds = table @ w[:-1] + w[-1]
        return log_loss(odds, chosen, shares) * shares.sum() + float((w[:-1] ** 2).sum())

    least = loss(weights)
    draw = np.random.default_rng(0)
    for _ in range(50):
        assert loss(weights + draw.normal(0, 0.02, len(weights))) > least
    slope = check_grad(loss, lambda w: np.zeros(len(w)), weights)
    assert slope < 1e-2 * len(chosen) ** 0.5


def test_the_machine_scores_by_the_identity_of_the_paper() -> None:
    """sum_{i<j} <v_i, v_j> = 1/2 (|sum v|^2 - sum |v|^2), added pair by pair here."""
    draw = np.random.default_rng(0)
    codes = draw.integers(0, 30, (50, 5)).astype(np.int32)
    weights, vectors = draw.normal(size=31), draw.normal(size=(30, 4))
    found = fm.scores(codes, weights.astype(np.float32), vectors.astype(np.float32))
    for row, score in zip(codes, found, strict=True):
        pairs = [(one, other) for at, one in enumerate(row) for other in row[at + 1 :]]
        plain = weights[-1] + weights[row].sum()
        plain += sum(float(vectors[one] @ vectors[other]) for one, other in pairs)
        assert score == pytest.approx(plain, rel=1e-5, abs=1e-5)


def test_a_machine_finds_what_only_pairs_tell_and_a_linear_model_does_not() -> None:
    features = rows(20_000)
    pair = (features[:, 1] % 2 == features[:, 2] % 2) * 4.0 - 2.0
    chosen = chosen_by(pair)
    losses = {}
    fresh = rows(5000, seed=5)
    truth = chosen_by((fresh[:, 1] % 2 == fresh[:, 2] % 2) * 4.0 - 2.0, seed=9)
    for name, ranker in (("linear", Logistic()), ("machine", Fm(factors=4))):
        odds = ranker.open(ranker.fit(data(features, chosen)).files, 1)(fresh)
        losses[name] = log_loss(odds, truth, np.ones(len(truth)))
    best = log_loss((fresh[:, 1] % 2 == fresh[:, 2] % 2) * 4.0 - 2.0, truth, np.ones(len(truth)))
    assert losses["linear"] > best + 0.2
    assert losses["machine"] < best + 0.02
