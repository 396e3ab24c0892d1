"""The linear bandit against the formulas of its paper."""

import json
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from recli.kernels.ranking import RankingData
from recli.kernels.standard import Standard
from recli.rankers.linucb import Linucb
from tests.rankers.test_linear import lists

Doubles = npt.NDArray[np.float64]
ALL = {"validation": 0.0}


def rows_of(data: RankingData) -> Doubles:
    """D of the paper: standardised features and a 1."""
    columns = Standard.of(data).columns(data.features).T
    return np.concatenate([columns, np.ones((len(columns), 1))], axis=1).astype(np.float64)


def test_scores_and_uncertainty_are_those_of_the_closed_form() -> None:
    data, ranker = lists(30), Linucb(alpha=2.0, l2=3.0, **ALL)
    files = ranker.fit(data).files
    rows = rows_of(data)
    inverse = np.linalg.inv(rows.T @ rows + 3 * np.eye(rows.shape[1]))
    width = np.sqrt(np.einsum("nd,de,ne->n", rows, inverse, rows))
    assert ranker.uncertain(files, 1)(data.features) == pytest.approx(width, rel=1e-6)
    expected = rows @ inverse @ rows.T @ data.relevance + 2 * width
    assert ranker.open(files, 1)(data.features) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_without_alpha_it_is_ridge_regression() -> None:
    data, ranker = lists(30), Linucb(alpha=0.0, l2=5.0, **ALL)
    rows = rows_of(data)
    padded = np.concatenate([rows, np.sqrt(5) * np.eye(rows.shape[1])])
    target = np.concatenate([data.relevance, np.zeros(rows.shape[1])])
    weights = np.linalg.lstsq(padded, target)[0]
    files = ranker.fit(data).files
    assert json.loads(files["regression.json"])["weights"] == pytest.approx(weights, rel=1e-6)
    scores = ranker.open(files, 1)(data.features)
    assert scores == pytest.approx(rows @ weights, rel=1e-5, abs=1e-6)


def test_uncertainty_falls_with_more_of_the_same_and_rises_away_from_it() -> None:
    data = lists(30)
    twice = replace(
        data,
        features=np.concatenate([data.features] * 2),
        relevance=np.concatenate([data.relevance] * 2),
        sizes=np.concatenate([data.sizes] * 2),
        users=pl.concat([data.users, data.users.str.to_uppercase()]),
        moments=np.concatenate([data.moments] * 2),
    )
    ranker = Linucb(**ALL)
    less, more = (
        ranker.uncertain(ranker.fit(one).files, 1)(data.features) for one in (data, twice)
    )
    assert (more < less).all()
    assert more == pytest.approx(less / np.sqrt(2), rel=0.02)
    far = ranker.uncertain(ranker.fit(data).files, 1)(data.features * 5)
    assert (far > less).mean() > 0.9
