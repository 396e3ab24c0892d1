"""Measures of pairs against their formulae and a published table."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import training
from recli.models.association import Association

HOUR = 3_600_000_000


def log(rows, threads=1):
    """Interactions of (user, item) or (user, item, hour)."""
    frame = pl.DataFrame([row[:2] for row in rows], ["user_id", "item_id"], orient="row")
    if len(rows[0]) > 2:
        hours = pl.Series([int(row[2] * HOUR) for row in rows])
        frame = frame.with_columns(timestamp=hours.cast(pl.Datetime("us", "UTC")))
    return training(frame, threads=threads)


def weights(rows, threads=1, **options):
    options = {"min_support": 1, **options}
    return Association(**options).fit(log(rows, threads)).weights.toarray()


def pair_log(both, first, second, neither):
    """Users with two items, one of them or none, who has a third one instead."""
    kinds = [("ab", both), ("a", first), ("b", second), ("c", neither)]
    users = [items for items, count in kinds for _ in range(count)]
    return [(user, item) for user, items in enumerate(users) for item in items]


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        ("count", 10),
        ("confidence", 10 / 15),
        ("lift", 10 * 100 / (15 * 30)),
        ("pmi", np.log(10 * 100 / (15 * 30))),
        ("npmi", np.log(10 * 100 / (15 * 30)) / -np.log(10 / 100)),
    ],
)
def test_measures_of_a_pair(measure, expected):
    found = weights(pair_log(10, 5, 20, 65), measure=measure)
    assert found[0, 1] == pytest.approx(expected, rel=1e-6)
    assert found[1, 0] == pytest.approx(10 / 30 if measure == "confidence" else expected, rel=1e-6)


@pytest.mark.parametrize("table", [(10, 5, 20, 65), (7, 0, 0, 9), (3, 1, 0, 4), (1, 9, 0, 2)])
def test_log_likelihood_is_the_g_statistic_of_the_table(table):
    both, first, second, neither = table
    cells = [[both, first], [second, neither]]
    expected = chi2_contingency(cells, correction=False, lambda_="log-likelihood").statistic
    assert weights(pair_log(*table))[0, 1] == pytest.approx(expected, rel=1e-5)


def test_log_likelihood_of_dunnings_table():
    # "the swiss", table 2 of the paper: 270.72 of 110, 2442, 111 and 29114 bigrams.
    found = weights(pair_log(110, 2442, 111, 29114))
    assert found[0, 1] == pytest.approx(270.72, abs=0.01)


@pytest.mark.parametrize("measure", ["lift", "pmi", "npmi", "log-likelihood"])
def test_a_pair_rarer_than_chance_says_nothing(measure):
    assert weights(pair_log(1, 20, 20, 5), measure=measure)[0, 1] == 0
    assert weights(pair_log(4, 4, 4, 4), measure=measure)[0, 1] == 0


def test_npmi_of_two_that_are_never_apart_is_one():
    assert weights(pair_log(3, 0, 0, 5), measure="npmi")[0, 1] == pytest.approx(1)


def test_pairs_with_less_support_are_left_out():
    rows = [*pair_log(3, 2, 2, 4), (90, "a"), (90, "c"), (91, "a")]
    few, more = (weights(rows, measure="count", min_support=n) for n in (1, 2))
    assert few[0].tolist() == [0, 3, 1]
    assert more[0].tolist() == [0, 3, 0]


def test_a_basket_ends_at_a_pause_and_counts_a_pair_once():
    rows = [
        ("u", "a", 0), ("u", "b", 1), ("u", "a", 1.5),  # one basket: hour after hour
        ("u", "c", 10),
        ("v", "c", 10.5), ("v", "a", 10.6),  # somebody else's
    ]  # fmt: skip
    whole = weights(rows, measure="count")
    runs = weights(rows[::-1], measure="count", basket_hours=1.0)
    assert whole.tolist() == [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    assert runs.tolist() == [[0, 1, 1], [1, 0, 0], [1, 0, 0]]


def test_repeated_purchases_weigh_no_more():
    rows = pair_log(5, 2, 2, 4)
    assert (weights(rows) == weights(rows + rows)).all()


def test_baskets_need_times():
    assert Association(basket_hours=1).needs() == ["timestamp"]
    with pytest.raises(RecliError, match=r"basket-hours.*positive") as caught:
        Association(basket_hours=0.0)
    assert caught.value.code == ExitCode.USAGE


def test_the_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(0)
    rows = [(int(user), int(item)) for user, item in rng.integers(0, 60, (900, 2))]
    assert (weights(rows) == weights(rows[::-1], threads=4)).all()
