"""A funnel's losses and its oracle, against dictionaries."""

import math
import random
from collections import defaultdict

import polars as pl
import pytest

from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, LISTS

STAGES = ("candidates", "ranked", "final")


def world(seed):
    """Lists of three stages, truth with ratings and history as rows; some of each misfit."""
    rng = random.Random(seed)
    people, things = [f"u{at:02}" for at in range(40)], [f"i{at:02}" for at in range(25)]
    stages = [{user: rng.choices(things, k=rng.randint(1, 18)) for user in people[:34]}]
    for most in (8, 4):
        stages.append({})
        for user, items in stages[-2].items():
            kept = rng.sample(items, min(len(items), rng.randint(0, most)))
            invented = rng.choices(things, k=int(rng.random() < 0.2))
            if kept or invented:
                stages[-1][user] = kept + invented
    truth = [
        (user, rng.choice(things), float(rng.randint(0, 4)))
        for user in people[5:]
        for _ in range(rng.randint(0, 7))
    ]
    history = [(user, rng.choice(things[:20])) for user in people for _ in range(rng.randint(0, 6))]
    return stages, truth, history


def tables(folder, stages, truth, history):
    lists = {}
    for name, stage in zip(STAGES, stages, strict=True):
        rows = [(user, item, at) for user in stage for at, item in enumerate(stage[user], 1)]
        save(folder / name, rows, ["user_id", "item_id", "rank"])
        lists[name] = open_table(str(folder / name), LISTS)
    save(folder / "truth", truth, ["user_id", "item_id", "rating"])
    save(folder / "history", history, ["user_id", "item_id"])
    return Inputs(
        lists,
        open_table(str(folder / "truth"), INTERACTIONS),
        open_table(str(folder / "history"), INTERACTIONS),
    )


def save(path, rows, columns):
    frame = pl.DataFrame(rows, schema=columns, orient="row")
    kinds = {"rank": pl.Int32, "rating": pl.Float32}
    frame.cast({name: kinds[name] for name in columns if name in kinds}).write_parquet(path)


def found(inputs, words, rows=1 << 20):
    stages = STAGES[: len(inputs.lists)]
    choices = Choices(graded=True, funnel=stages, added=(), rows=rows)
    asked, _ = checked(inputs, [parsed(word) for word in words], [], choices)
    return evaluate(inputs, asked, choices, iter)


def slow(stages, truth, history, k):
    """What each stage reaches and loses, and the NDCG of its best order, pair by pair."""
    gains = defaultdict(dict)
    for user, item, rating in truth:
        if rating > 0:
            gains[user][item] = max(rating, gains[user].get(item, 0))
    known = {item for _, item in history}
    reached = {(user, item) for user in gains for item in gains[user]}
    everything = len(reached)
    before = None
    for stage in stages:
        offered = {(user, item) for user in stage for item in stage[user]}
        came_in, lost = reached, reached - offered
        reached = {(user, item) for user in gains for item in gains[user]} & offered
        recalls, oracle = [], []
        for user, wanted in gains.items():
            own = sorted((wanted[i] for u, i in reached if u == user), reverse=True)
            recalls.append(len(own) / len(wanted))
            oracle.append(dcg(own[:k]) / dcg(sorted(wanted.values(), reverse=True)[:k]))
        yield {
            "rows": sum(map(len, stage.values())),
            "users": len(stage),
            "without": len(set(gains) - set(stage)),
            "relevant": everything,
            "came_in": len(came_in),
            "reached": len(reached),
            "lost": len(lost),
            "lost_without": sum(user not in stage for user, _ in lost),
            "lost_new": sum(item not in known for _, item in lost),
            "lost_seen": len(lost & set(history)),
            "invented": 0 if before is None else len(offered - before),
            "recall": sum(recalls) / len(recalls),
            "pairs": len(reached) / everything,
            "oracle": sum(oracle) / len(oracle),
        }
        before = offered


def dcg(gains):
    return sum(gain / math.log2(at + 2) for at, gain in enumerate(gains))


@pytest.mark.parametrize("seed", range(6))
def test_agrees_with_a_slow_funnel(tmp_path, seed):
    rows = world(seed)
    outcome = found(tables(tmp_path, *rows), ["ndcg@3", "recall@5"])
    for stage, expected in zip(outcome.funnel, slow(*rows, 3), strict=True):
        for name, value in expected.items():
            mine = getattr(stage, name)
            mine = mine if isinstance(mine, int) else mine.value
            assert mine == pytest.approx(value), (stage.lists, name)
    ndcg = {one.name: one.value for one in outcome.measured if one.asked.label == "ndcg@3"}
    for stage in outcome.funnel:
        assert ndcg[stage.lists] <= stage.oracle.value <= 1
        assert stage.recall.low <= stage.recall.value <= stage.recall.high


def test_no_bit_depends_on_the_size_of_blocks(tmp_path):
    inputs = tables(tmp_path, *world(1))
    whole = found(inputs, ["ndcg@3"])
    for rows in (1, 30):
        assert repr(found(inputs, ["ndcg@3"], rows).funnel) == repr(whole.funnel)


def test_a_stage_that_invents_is_named_and_one_that_does_not_is_not(tmp_path):
    stages, truth, history = world(2)
    invented = found(tables(tmp_path, stages, truth, history), ["ndcg@3"])
    told = [line for line in invented.warnings if "items offered are not in candidates" in line]
    assert len(told) == 1
    assert told[0].startswith("ranked: ")
    stages[1:] = [stages[0], {user: items[:2] for user, items in stages[0].items()}]
    honest = found(tables(tmp_path, stages, truth, history), ["ndcg@3"])
    assert not [line for line in honest.warnings if "takes its items from" in line]
    assert [stage.invented for stage in honest.funnel] == [0, 0, 0]
    assert honest.funnel[1].lost == 0


def test_without_an_ndcg_the_oracle_looks_at_the_whole_final_lists(tmp_path):
    rows = world(3)
    outcome = found(tables(tmp_path, *rows), [])
    longest = max(map(len, rows[0][-1].values()))
    assert {one.asked.label for one in outcome.measured} == {f"ndcg@{longest}"}
    for stage, expected in zip(outcome.funnel, slow(*rows, longest), strict=True):
        assert stage.oracle.value == pytest.approx(expected["oracle"])
