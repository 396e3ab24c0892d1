"""Errors of predicted ratings: a worked example, a slow definition, and the ways of asking."""

import json
import math
import random

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.bootstrap import Sums, draws
from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_gates import gates_of
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, LISTS

# Errors 1, -2, 0 of user a and -1 of user b; c has a score and no rating, d the other way round.
SCORES = [("a", "A", 4.0), ("a", "B", 1.0), ("a", "C", 5.0), ("b", "A", 2.0), ("c", "A", 3.0)]
RATINGS = [("a", "A", 3.0), ("a", "B", 3.0), ("a", "C", 5.0), ("b", "A", 3.0), ("d", "A", 3.0)]
RMSE, MAE = math.sqrt((1 + 4 + 0 + 1) / 4), (1 + 2 + 0 + 1) / 4


def lists(rows):
    frame = pl.DataFrame(rows, ["user_id", "item_id", "score"], orient="row")
    return frame.with_columns(pl.col("score").cast(pl.Float32))


def truth(rows):
    frame = pl.DataFrame(rows, ["user_id", "item_id", "rating"], orient="row")
    return frame.with_columns(pl.col("rating").cast(pl.Float32))


def outcome(folder, scores, ratings, words=("rmse", "mae"), **choices):
    scores.write_parquet(folder / "scored.parquet")
    ratings.write_parquet(folder / "truth.parquet")
    inputs = Inputs(
        {"lists": open_table(str(folder / "scored.parquet"), LISTS)},
        open_table(str(folder / "truth.parquet"), INTERACTIONS),
    )
    chosen = Choices(**choices)
    asked, _ = checked(inputs, [parsed(word) for word in words], [], chosen)
    found = evaluate(inputs, asked, chosen, iter)
    return found, {one.asked.label: one for one in found.measured}


def test_the_worked_example(tmp_path):
    found, values = outcome(tmp_path, lists(SCORES), truth(RATINGS))
    assert values["rmse"].value == pytest.approx(RMSE)
    assert values["mae"].value == pytest.approx(MAE)
    assert values["rmse"].users == 2
    assert found.counts["pairs compared"] == 4
    assert found.counts["ratings without a score"] == 1


def test_every_pair_counts_alike_however_the_tables_are_cut(tmp_path):
    rng = random.Random(5)
    pairs = [(f"u{u:03}", f"i{i:02}") for u in range(80) for i in rng.sample(range(40), 1 + u % 9)]
    scores = [(*pair, rng.uniform(1, 5)) for pair in pairs if rng.random() < 0.8]
    ratings = [(*pair, float(rng.randint(1, 5))) for pair in pairs if rng.random() < 0.8]
    said = {(u, i): float(np.float32(score)) for u, i, score in scores}
    errors = [said[u, i] - rating for u, i, rating in ratings if (u, i) in said]
    for rows in (1 << 20, 7):
        _, values = outcome(tmp_path, lists(scores), truth(ratings), rows=rows)
        mean_square = sum(error**2 for error in errors) / len(errors)
        assert values["rmse"].value == pytest.approx(math.sqrt(mean_square))
        assert values["mae"].value == pytest.approx(sum(map(abs, errors)) / len(errors))
        assert values["rmse"].low < values["rmse"].value < values["rmse"].high


def test_the_interval_is_that_of_users_with_all_their_pairs():
    # One user with 1,000 pairs of error 0, many with a single one of error 1.
    sums, buckets = Sums(1), np.arange(401)
    values, counts = np.array([[0.0] + [1.0] * 400]), np.array([[1000.0] + [1.0] * 400])
    sums.add(buckets, values, counts)
    low, high = sums.interval(draws(0))
    assert sums.means[0] == pytest.approx(400 / 1400)
    # Without the first user everything is wrong, and she is drawn twice as often as not at all.
    assert low[0] < 0.2
    assert high[0] == pytest.approx(1.0)
    assert sums.users[0] == 401


def test_errors_stand_beside_metrics_of_lists(tmp_path):
    _, values = outcome(tmp_path, lists(SCORES), truth(RATINGS), ("rmse", "precision@1", "mae"))
    assert list(values) == ["rmse", "precision@1", "mae"]
    # Everybody's first item is in truth, but d has no list.
    assert values["precision@1"].value == pytest.approx(2 / 3)
    assert values["mae"].value == pytest.approx(MAE)


def test_truth_without_ratings_and_lists_without_scores_are_refused(tmp_path):
    with pytest.raises(RecliError, match="no column 'rating'"):
        outcome(tmp_path, lists(SCORES), truth(RATINGS).drop("rating"))
    ranked = lists(SCORES).select("user_id", "item_id", rank=pl.lit(1, pl.Int32))
    with pytest.raises(RecliError, match="no column 'score'"):
        outcome(tmp_path, ranked, truth(RATINGS))


def test_a_table_in_which_nothing_can_be_compared_is_told(tmp_path):
    other = lists([("a", "Z", 1.0)])
    found, values = outcome(tmp_path, other, truth(RATINGS))
    assert math.isnan(values["rmse"].value)
    assert any("no pair has both a score and a rating" in line for line in found.warnings)


def test_it_is_asked_for_without_places_and_bounded_from_above():
    with pytest.raises(RecliError, match="write rmse"):
        parsed("rmse@10")
    with pytest.raises(RecliError, match=r"write --max rmse=0\.9"):
        gates_of(["rmse=0.9"])
    gate = gates_of([], ["rmse=0.9"])[0]
    assert gate.met(0.9)
    assert not gate.met(0.91)
    assert not gate.met(math.nan)


def test_the_command_fails_a_gate_that_is_passed_from_below(recli, tmp_path):
    lists(SCORES).write_csv(tmp_path / "scored.csv")
    truth(RATINGS).write_csv(tmp_path / "truth.csv")
    words = ["evaluate", "scored.csv", "truth.csv", "rmse", "--max", "rmse=1.3", "--json"]
    report = json.loads(recli(*words, cwd=tmp_path).stdout)
    assert report["metrics"][0]["less_is_better"]
    assert report["gates"] == [{"metric": "rmse", "definitions": {}, "most": 1.3, "met": True}]
    assert report["users"]["pairs compared"] == 4
    done = recli(*words[:-2], "rmse=1.2", cwd=tmp_path, check=3)
    assert b"gate not met: rmse of lists is 1.22474, at most 1.2 was asked for" in done.stderr
