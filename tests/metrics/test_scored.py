"""Metrics that read scores, against slow definitions over all pairs of rows."""

import itertools
import math
import random

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.kernels.score_counts import ScoreCounts
from recli.metrics.auc import Auc
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_inputs import Choices
from recli.stages.evaluate_pooled import Pooled
from tests.metrics.small_worlds import found

scored = st.lists(
    st.tuples(st.floats(-1e300, 1e300) | st.sampled_from([0.0, -0.0, 1.0, 0.5]), st.booleans()),
    max_size=25,
)


@pytest.fixture(scope="module")
def world():
    """Rows of lists with few different chances; pairs of truth, also such as no list holds."""
    rng = random.Random(6)
    items = [f"i{at}" for at in range(12)]
    lists = [
        (f"u{user:02}", item, rng.randint(0, 8) / 8)
        for user in range(30)
        for item in rng.sample(items, rng.randint(1, 9))
    ]
    truth = [(f"u{user:02}", item) for user in range(4, 33) for item in rng.sample(items, 3)]
    return lists, truth


def values(world, folder, *words, **choices):
    lists = pl.DataFrame(world[0], ["user_id", "item_id", "score"], orient="row")
    truth = pl.DataFrame(world[1], ["user_id", "item_id"], orient="row")
    return found(folder, [*words], Choices(added=(), **choices), lists=lists, truth=truth)


def area(rows):
    """AUC of pairs of score and relevance, and the number of pairs that it is over."""
    pairs = [
        (a > b) + (a == b) / 2
        for (a, yes), (b, no) in itertools.product(rows, repeat=2)
        if yes and not no
    ]
    return sum(pairs) / len(pairs) if pairs else math.nan, len(pairs)


def judged(world):
    lists, truth = world
    return [(user, score, (user, item) in set(truth)) for user, item, score in lists]


def test_auc_is_the_share_of_all_pairs_in_order(world, tmp_path):
    rows = judged(world)
    got, outcome = values(world, tmp_path, "auc", "gauc", "gauc(relevant)", "gauc(users)")
    assert got["auc"] == pytest.approx(area([row[1:] for row in rows])[0])
    grouped = {user: [row[1:] for row in rows if row[0] == user] for user, *_ in rows}
    areas = {user: area(own)[0] for user, own in grouped.items() if area(own)[1]}
    assert 0 < len(areas) < len(grouped)
    for word, weight in (
        ("gauc", len),
        ("gauc(relevant)", lambda own: sum(yes for _, yes in own)),
        ("gauc(users)", lambda own: min(1, len(own))),
    ):
        weights = {user: weight(grouped[user]) for user in areas}
        mean = sum(areas[user] * weights[user] for user in areas) / sum(weights.values())
        assert got[word] == pytest.approx(mean), word
    assert outcome.measured[1].users == len(areas)
    assert outcome.measured[1].low < got["gauc"] < outcome.measured[1].high


def test_thresholds_count_all_rows_of_all_lists(world, tmp_path):
    names = ["accuracy", "threshold-precision", "threshold-recall", "threshold-f1"]
    got, outcome = values(world, tmp_path, *names, *(f"{name}(0.25)" for name in names))
    for suffix, threshold in (("", 0.5), ("(0.25)", 0.25)):
        rows = [(score >= threshold, yes) for _, score, yes in judged(world)]
        right = sum(says and yes for says, yes in rows)
        precision = right / sum(says for says, _ in rows)
        recall = right / sum(yes for _, yes in rows)
        expected = [
            sum(says == yes for says, yes in rows) / len(rows),
            precision,
            recall,
            2 * precision * recall / (precision + recall),
        ]
        for name, value in zip(names, expected, strict=True):
            assert got[name + suffix] == pytest.approx(value), name
    # A user without a row of truth has rows that nobody wanted.
    assert outcome.measured[0].users == 30


def test_log_loss_is_the_mean_surprise(world, tmp_path):
    got, _ = values(world, tmp_path, "log-loss")
    chances = [score if yes else 1 - score for _, score, yes in judged(world)]
    assert min(chances) == 0
    expected = [-math.log(max(chance, 1e-15)) for chance in chances]
    assert got["log-loss"] == pytest.approx(sum(expected) / len(expected))
    wrong = [("u05", "i1", 1.5), *world[0]]
    with pytest.raises(RecliError, match=r"a score is 1\.5.*--calibrate"):
        values((wrong, world[1]), tmp_path, "log-loss")


@pytest.mark.parametrize("rows", [1, 20])
def test_no_bit_depends_on_the_size_of_blocks(world, tmp_path, rows):
    words = ["auc", "gauc", "log-loss", "threshold-f1"]
    whole, _ = values(world, tmp_path, *words)
    assert values(world, tmp_path, *words, rows=rows)[0] == whole


def counted(rows, most=1 << 20, part=7):
    counts = ScoreCounts(most)
    for at in range(0, len(rows), part):
        scores, relevant = zip(*rows[at : at + part], strict=True)
        counts.add(np.array(scores, np.float64), np.array(relevant, np.bool_))
    return counts


def test_an_area_of_scores_that_were_counted_as_equal_says_how_far_off_it_may_be():
    pooled = Pooled(["lists"], [parsed("auc")], None)
    rows = [(at / 10, at % 3 == 0) for at in range(10)]
    pooled.scores["lists"] = counted(rows, 100)
    assert pooled.warned("lists", "recs.parquet") == []
    pooled.scores["lists"] = counted(rows, 2)
    said = "recs.parquet: auc may be off by up to 0."
    assert [line.startswith(said) for line in pooled.warned("lists", "recs.parquet")] == [True]


@settings(deadline=None)
@given(rows=scored, most=st.sampled_from([1, 2, 5, 100]))
def test_counts_of_scores_are_exact_or_say_how_far_off_they_may_be(rows, most):
    exact = area(rows)[0]
    counts = counted(rows, most)
    close = Auc().of_scores(counts.relevant, counts.others)
    if math.isnan(exact):
        assert math.isnan(close)
        return
    assert abs(close - exact) <= counts.blur + 1e-12
    if len({score for score, _ in rows}) <= most:
        assert counts.blur == 0
    # Whatever comes first, the result is the same.
    again = counted(rows[::-1], most, part=3)
    assert again.keys.tolist() == counts.keys.tolist()
    assert again.counts.tolist() == counts.counts.tolist()
