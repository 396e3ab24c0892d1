"""The whole of evaluate on tables, against a slow evaluation with dictionaries."""

import math
import random
from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import named, parsed, told_apart
from recli.stages.evaluate_gates import gates_of
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, ITEMS, LISTS, USERS

WORDS = ["ndcg@5", "recall@3", "precision@5", "map@5", "coverage@5", "gini@3", "novelty@5"]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Random lists, truth, history, items and users as plain rows, and as tables."""
    rng = random.Random(4)
    folder = tmp_path_factory.mktemp("world")
    people = [f"u{at:02}" for at in range(60)]
    things = [f"i{at:02}" for at in range(30)]
    lists = {user: rng.sample(things, rng.randint(1, 7)) for user in people[:50]}
    truth = {user: rng.sample(things, rng.randint(1, 6)) for user in people[8:]}
    history = {user: rng.choices(things[:25], k=rng.randint(1, 9)) for user in people[4:54]}
    frames = {
        "lists": pl.DataFrame(
            [
                {"user_id": user, "item_id": item, "rank": place}
                for user, items in lists.items()
                for place, item in enumerate(items, 1)
            ],
        ),
        "truth": pairs(truth).with_columns(
            rating=pl.Series(
                rng.choices(range(1, 11), k=10**4)[: sum(map(len, truth.values()))],
                dtype=pl.Float32,
            )
        ),
        "history": pairs(history),
        "items": pl.DataFrame(
            {"item_id": things, "genres": [rng.sample("abc", 2) for _ in things]}
        ),
        "users": pl.DataFrame(
            {"user_id": people[:55], "sex": [rng.choice("fm") for _ in people[:55]]}
        ),
    }
    tables = {}
    contracts = {"truth": INTERACTIONS, "history": INTERACTIONS, "items": ITEMS, "users": USERS}
    for role, frame in frames.items():
        frame.sample(fraction=1, shuffle=True, seed=1).write_parquet(folder / role)
        tables[role] = open_table(str(folder / role), contracts.get(role, LISTS))
    return lists, truth, history, frames, tables


def pairs(rows):
    return pl.DataFrame(
        [{"user_id": user, "item_id": item} for user, items in rows.items() for item in items]
    )


def run(tables, words, choices=None, **more):
    choices = choices or Choices()
    given = {role: tables[role] for role in ("history", "items") if role in tables} | more
    inputs = Inputs({"lists": tables["lists"]}, tables["truth"], **given)
    asked, _ = checked(inputs, [parsed(word) for word in words], [], choices)
    outcome = evaluate(inputs, asked, choices, iter)
    found = {(one.name, one.asked.label, one.segment): one for one in outcome.measured}
    return outcome, found


def slow(lists, truth, history, segment=None):
    """The same metrics, one user after the other."""
    users = [user for user in truth if segment is None or user in segment]
    values = {word: [] for word in WORDS}
    for user in users:
        items, wanted = lists.get(user, []), set(truth[user])
        hits = [item in wanted for item in items[:5]]
        dcg = sum(hit / math.log2(at + 2) for at, hit in enumerate(hits))
        ideal = sum(1 / math.log2(at + 2) for at in range(min(5, len(wanted))))
        values["ndcg@5"].append(dcg / ideal)
        values["recall@3"].append(len(set(items[:3]) & wanted) / len(wanted))
        values["precision@5"].append(sum(hits) / 5)
        precisions = [sum(hits[: at + 1]) / (at + 1) for at, hit in enumerate(hits) if hit]
        values["map@5"].append(sum(precisions) / min(5, len(wanted)))
    chosen = Counter(item for items in history.values() for item in set(items))
    bits = {
        item: -math.log2(max(chosen[item], 1) / len(history))
        for user in lists
        for item in lists[user]
    }
    for user, items in lists.items():
        if segment is None or user in segment:
            values["novelty@5"].append(sum(bits[item] for item in items[:5]) / len(items[:5]))
    means = {word: sum(found) / len(found) for word, found in values.items() if found}
    shown = Counter(item for items in lists.values() for item in items[:3])
    exposure = [shown[f"i{at:02}"] for at in range(30)]
    gaps = sum(abs(a - b) for a in exposure for b in exposure)
    means["gini@3"] = gaps / (2 * 30 * sum(exposure))
    means["coverage@5"] = len({item for items in lists.values() for item in items[:5]}) / 30
    return means


def test_agrees_with_a_slow_evaluation(world):
    lists, truth, history, _, tables = world
    outcome, found = run(tables, WORDS)
    for word, expected in slow(lists, truth, history).items():
        assert found["lists", word, None].value == pytest.approx(expected), word
    assert outcome.counts == {
        "users measured": 52,
        "with nothing relevant left out": 8,
        "without a list, counted as 0": 10,
    }


def test_the_baseline_is_what_is_popular_and_unseen(world):
    lists, truth, history, _, tables = world
    counts = Counter(item for items in history.values() for item in items)
    order = sorted(counts, key=lambda item: (-counts[item], item))
    everybody = {*lists, *truth}
    popular = {
        user: [item for item in order if item not in history.get(user, [])][:5]
        for user in everybody
    }
    _, found = run(tables, WORDS)
    for word, expected in slow(popular, truth, history).items():
        assert found["popularity", word, None].value == pytest.approx(expected), word
    _, without = run(tables, WORDS, Choices(added=()))
    assert {name for name, _, _ in without} == {"lists"}


def test_segments_are_the_same_metrics_of_some_users(world):
    lists, truth, history, frames, tables = world
    choices = Choices(by=("sex",), added=())
    _, found = run(tables, WORDS, choices, users=tables["users"])
    labels = dict(frames["users"].iter_rows())
    everybody = {*lists, *truth}
    for label in ("f", "m", "(unknown)"):
        segment = {user for user in everybody if labels.get(user, "(unknown)") == label}
        expected = slow(lists, truth, history, segment)
        for word in ("ndcg@5", "recall@3", "precision@5", "map@5", "novelty@5"):
            if word in expected:
                assert found["lists", word, label].value == pytest.approx(expected[word])


@pytest.mark.parametrize("rows", [1, 7, 50])
def test_no_bit_depends_on_the_size_of_blocks(world, rows):
    tables = world[-1]
    choices = Choices(by=("sex",), graded=True)
    whole, _ = run(tables, [*WORDS, "diversity@5"], choices, users=tables["users"])
    cut, _ = run(
        tables, [*WORDS, "diversity@5"], replace(choices, rows=rows), users=tables["users"]
    )
    assert repr(cut.measured) == repr(whole.measured)
    assert cut.counts == whole.counts
    assert cut.warnings == whole.warnings
    assert cut.leaks == whole.leaks


def test_a_seed_repeats_and_another_one_moves_only_the_interval(world):
    tables = world[-1]
    first, again, other = (run(tables, ["ndcg@5"], Choices(seed=seed))[0] for seed in (1, 1, 2))
    assert first.measured == again.measured
    assert first.measured[0].value == other.measured[0].value
    assert first.measured[0].low != other.measured[0].low
    assert first.measured[0].low < first.measured[0].value < first.measured[0].high


def test_lists_beside_others_have_the_interval_that_they_have_alone(world):
    frames, tables = world[-2:]
    others = frames["lists"].with_columns(user_id="other " + pl.col("user_id"))
    path = tables["lists"].where + " of others"
    pl.concat([frames["lists"].head(40), others]).write_parquet(path)
    words = [parsed("ndcg@5"), parsed("diversity@5(by=genres)")]
    both = {"lists": tables["lists"], "others": open_table(path, LISTS)}
    alone = {"lists": tables["lists"]}
    found = [
        evaluate(Inputs(these, tables["truth"], items=tables["items"]), words, Choices(), iter)
        for these in (alone, both)
    ]
    assert repr(found[1].measured[:2]) == repr(found[0].measured)


def test_relevance_may_take_a_least_rating_or_be_graded(world):
    lists, _, history, frames, tables = world
    rated = frames["truth"].filter(pl.col("rating") >= 7)
    strict = {user: rows["item_id"].to_list() for (user,), rows in rated.group_by("user_id")}
    outcome, found = run(tables, WORDS, Choices(min_relevance=7.0))
    expected = slow(lists, strict, history)
    assert found["lists", "ndcg@5", None].value == pytest.approx(expected["ndcg@5"])
    assert outcome.counts["users measured"] == len(strict)
    _, graded = run(tables, ["recall@3", "ndcg@5"], Choices(graded=True))
    _, plain = run(tables, ["recall@3", "ndcg@5"])
    assert graded["lists", "recall@3", None].value == plain["lists", "recall@3", None].value
    assert graded["lists", "ndcg@5", None].value != plain["lists", "ndcg@5", None].value


def test_lists_without_ranks_are_ordered_by_score_then_item(tmp_path, world):
    rows = {"user_id": ["a"] * 3, "item_id": ["z", "x", "y"], "score": [1.0, 2.0, 2.0]}
    pl.DataFrame(rows).write_csv(tmp_path / "lists.csv")
    for item, place in (("x", 1), ("y", 2), ("z", 3)):
        pl.DataFrame({"user_id": ["a"], "item_id": [item]}).write_csv(tmp_path / "truth.csv")
        tables = {
            "lists": open_table(str(tmp_path / "lists.csv"), LISTS),
            "truth": open_table(str(tmp_path / "truth.csv"), INTERACTIONS),
        }
        assert run(tables, ["mrr@5"])[1]["lists", "mrr@5", None].value == 1 / place


def test_arguments_are_told_apart():
    tables, asked = told_apart(["a.parquet", "-", "t.parquet", "ndcg@10(exp)", "mrr@5"])
    assert tables == ["a.parquet", "-", "t.parquet"]
    assert [(one.label, one.definition) for one in asked] == [
        ("ndcg@10", "gain=exp"),
        ("mrr@5", ""),
    ]
    assert named(tables) == ({"a.parquet": "a.parquet", "standard input": "-"}, "t.parquet")
    assert gates_of(["ndcg@10(exp)=0.5"])[0].asked == asked[0]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("ndgc@10", "ndgc@10 is no metric; did you mean ndcg?"),
        ("NDCG@10", "NDCG@10 is no metric; did you mean ndcg?"),
        ("area", "area is neither a file nor a metric"),
        ("ndcg", "write ndcg@10"),
        ("ndcg@0", "write ndcg@10"),
        ("ndcg@x", "write ndcg@10"),
        ("ndcg@10:gain=exp", "write ndcg@10 or 'ndcg@10(gain=…)'"),
        ("auc@10", "write auc"),
        ("rbp@5(p=2)", "p must be positive and below 1, not 2"),
        ("revenue(none)", "revenue(none) has no choice none"),
        ("ndcg@5(exp, linear)", "is given gain twice"),
        ("ndcg@5(gain=log)", "write gain=linear|exp"),
        ("ndcg@5(depth=3)", "it has gain=linear|exp"),
        ("mrr@5(gain=exp)", "it has none"),
    ],
)
def test_a_metric_that_is_none_says_what_there_is(word, message):
    with pytest.raises(RecliError) as caught:
        told_apart(["a.parquet", "b.parquet", word])
    assert message in str(caught.value)
    assert int(caught.value.code) == 2


def test_tables_that_hardly_belong_together_are_named(world):
    frames, tables = world[-2:]
    path = tables["lists"].where + " of strangers"
    frames["lists"].with_columns(user_id="x" + pl.col("user_id")).write_parquet(path)
    strangers, _ = run(tables | {"lists": open_table(path, LISTS)}, ["ndcg@5"])
    assert f"{path}: no user of truth has a list" in "\n".join(strangers.warnings)
    same, _ = run(tables, ["ndcg@5"], history=tables["truth"])
    assert [leak.kind for leak in same.leaks] == ["history-holds-truth"]
    assert "what was seen cannot be offered" in same.leaks[0].line
