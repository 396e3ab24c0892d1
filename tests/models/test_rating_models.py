"""Models of ratings on made-up ratings whose rule is known."""

import numpy as np
import polars as pl
import pytest

from recli import registry
from recli.errors import RecliError
from recli.kernels.matrix import Reading, training

NAMES = ("biased-mf", "svd-pp", "als-explicit")


def log(ratings):
    """Interactions of a matrix of ratings, NaN where there is none."""
    rows = [
        (f"u{user:03}", f"i{item:03}", float(rating))
        for user, row in enumerate(ratings)
        for item, rating in enumerate(row)
        if not np.isnan(rating)
    ]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "rating"], orient="row")
    return frame.with_columns(pl.col("rating").cast(pl.Float32))


def fitted(name, frame, **choices):
    data = training(frame, reading=Reading("rating"))
    return registry.load("models", name)(**choices).fit(data)


def predicted(factors):
    return factors.users.astype(float) @ factors.items.T.astype(float)


def test_biases_that_made_the_ratings_are_found_again():
    random = np.random.default_rng(2)
    of_user, of_item = random.normal(0, 0.6, 200), random.normal(0, 0.6, 60)
    truth = 3 + of_user[:, None] + of_item
    given = np.where(random.random(truth.shape) < 0.3, truth, np.nan)
    hidden = np.isnan(given)
    for name in ("biased-mf", "svd-pp"):
        error = (predicted(fitted(name, log(given))) - truth)[hidden]
        assert np.sqrt(np.mean(error**2)) < 0.25 * truth.std()


@pytest.mark.parametrize("name", NAMES)
def test_the_mean_is_beaten_where_tastes_differ(name):
    random = np.random.default_rng(2)
    truth = 3 + random.normal(0, 1, (300, 2)) @ random.normal(0, 1, (2, 80))
    given = np.where(random.random(truth.shape) < 0.3, truth, np.nan)
    error = (predicted(fitted(name, log(given))) - truth)[np.isnan(given)]
    assert np.sqrt(np.mean(error**2)) < 0.5 * truth.std()


@pytest.mark.parametrize("name", NAMES)
def test_ratings_that_are_all_the_same_are_predicted(name):
    factors = fitted(name, log(np.full((6, 4), 4.0)), factors=10)
    np.testing.assert_allclose(predicted(factors), 4, atol=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_a_log_without_any_rating_is_refused(name):
    frame = log(np.full((3, 3), 2.0)).with_columns(rating=pl.lit(None, pl.Float32))
    with pytest.raises(RecliError, match="no interaction has a rating"):
        fitted(name, frame)


def test_steps_that_are_too_long_are_refused():
    random = np.random.default_rng(0)
    ratings = log(random.integers(1, 6, (20, 20)).astype(float))
    with pytest.raises(RecliError, match="lower --learning-rate"):
        fitted("svd-pp", ratings, learning_rate=50.0)


@pytest.mark.parametrize("name", NAMES)
def test_ratings_beyond_a_float_are_refused_and_not_served(name):
    ratings = log(np.array([[1e38, -3e38], [3e38, 2.0]]))
    with pytest.raises(RecliError, match=r"grew beyond all bounds|singular equations"):
        fitted(name, ratings)
