"""Conventions of other tools, held to what the tools find on the same lists."""

import math
import random

import ir_measures
import numpy as np
import polars as pl
import pytest
import pytrec_eval
from ir_measures import AP, P, R, Rprec, Success, nDCG
from scipy import sparse

from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.stages.evaluate_like import CONVENTIONS
from recli.store.open import open_table
from recli.tables import INTERACTIONS, ITEMS, LISTS

SIX = 1e-6


def measured(folder, like, words, lists, truth, graded=True, **more):
    """Values by the words that ask for them, and everything that was found."""
    frame = pl.DataFrame(lists, ["user_id", "item_id", "score"], orient="row")
    # Ranks that follow the rows, and so not the scores.
    ranks = pl.col("item_id").cum_count().over("user_id")
    save(folder / "lists", frame.with_columns(rank=ranks.cast(pl.Int32)))
    rated = pl.DataFrame(truth, ["user_id", "item_id", "rating"], orient="row")
    save(folder / "truth", rated.with_columns(pl.col("rating").cast(pl.Float32)))
    tables = {}
    for role, (frame, contract) in more.items():
        save(folder / role, frame)
        tables[role] = open_table(str(folder / role), contract)
    inputs = Inputs(
        {"lists": open_table(str(folder / "lists"), LISTS)},
        open_table(str(folder / "truth"), INTERACTIONS),
        **tables,
    )
    choices = Choices(graded=graded, added=(), like=CONVENTIONS[like])
    asked, _ = checked(inputs, [parsed(word, choices.like) for word in words], [], choices)
    outcome = evaluate(inputs, asked, choices, iter)
    values = [one.value for one in outcome.measured]
    return dict(zip(words, values, strict=True)), outcome


def save(path, frame):
    frame.write_parquet(path)


@pytest.fixture(scope="module")
def world():
    """Lists with ties, users without a list, without truth, and with nothing relevant."""
    rng = random.Random(8)
    users, items = [f"u{at}" for at in range(40)], [f"i{at}" for at in range(15)]
    lists = [
        (user, item, float(np.float32(rng.randint(1, 4) / 7)))
        for user in users[:34]
        for item in rng.sample(items, rng.randint(1, 12))
    ]
    truth = [
        (user, item, float(rng.randint(0, 3)))
        for user in users[5:]
        for item in rng.sample(items, rng.randint(1, 6))
    ]
    return lists, [*truth, ("worthless", "i0", 0.0)]


def by_user(rows, kind):
    found = {}
    for user, item, value in rows:
        found.setdefault(user, {})[item] = kind(value)
    return found


def test_trec_eval_agrees_with_trec_eval(world, tmp_path):
    lists, truth = world
    words = {
        "ndcg@5": "ndcg_cut_5", "map@5": "map_cut_5", "precision@5": "P_5", "recall@5": "recall_5",
        "hit-rate@5": "success_5", "mrr@100": "recip_rank", "r-precision": "Rprec",
    }  # fmt: skip
    peer = pytrec_eval.RelevanceEvaluator(by_user(truth, int), {*words.values()})
    users = peer.evaluate(by_user(lists, float)).values()
    found, outcome = measured(tmp_path, "trec_eval", [*words], lists, truth)
    assert outcome.measured[0].users == len(users) == 29
    for word, name in words.items():
        mean = sum(one[name] for one in users) / len(users)
        assert found[word] == pytest.approx(mean, abs=SIX), word


def test_trec_eval_agrees_with_ir_measures_on_users_in_both_tables(world, tmp_path):
    lists, truth = world
    both = {user for user, *_ in lists} & {user for user, *_ in truth}
    lists, truth = ([row for row in rows if row[0] in both] for rows in (lists, truth))
    words = {
        "ndcg@5": nDCG @ 5, "map@5": AP @ 5, "precision@5": P @ 5, "recall@5": R @ 5,
        "hit-rate@5": Success @ 5, "r-precision": Rprec,
    }  # fmt: skip
    peer = ir_measures.pytrec_eval.calc_aggregate(
        [*words.values()],
        by_user(truth, int),
        by_user(lists, float),
    )
    found, _ = measured(tmp_path, "trec_eval", [*words], lists, truth)
    for word, measure in words.items():
        assert found[word] == pytest.approx(peer[measure], abs=SIX), word


def test_implicit_agrees_with_implicit(tmp_path):
    evaluation = pytest.importorskip("implicit.evaluation", reason="the extra bench is not here")
    rng = np.random.default_rng(1)
    users, items, k = 25, 30, 5
    offered = np.array([rng.permutation(items)[:k] for _ in range(users)], np.int32)
    wanted = sparse.random(users, items, 0.06, format="csr", random_state=2)
    assert (np.diff(wanted.indptr) == 0).any()

    class Model:
        def recommend(self, userid, user_items, N, **_):
            return offered[userid], np.zeros((len(userid), N), np.float32)

    nothing = sparse.csr_matrix((users, items))
    peer = evaluation.ranking_metrics_at_k(Model(), nothing, wanted, k, show_progress=False)
    lists = [(f"u{u}", f"i{i}", 1.0) for u in range(users) for i in offered[u]]
    truth = [(f"u{u}", f"i{i}", 1.0) for u, i in zip(*wanted.nonzero(), strict=True)]
    catalogue = pl.DataFrame({"item_id": [f"i{at}" for at in range(items)]})
    words = {f"{name}@{k}": name for name in peer}
    found, outcome = measured(
        tmp_path, "implicit", [*words], lists, truth, items=(catalogue, ITEMS)
    )
    assert [one.asked.name for one in outcome.measured if one.asked.name not in peer] == [
        "pooled-precision",
        "catalogue-auc",
    ]
    for word, name in words.items():
        assert found[word] == pytest.approx(peer[name], abs=SIX), word


def test_ranx_agrees_with_what_ranx_found(tmp_path):
    lists = [
        *[("a", "x", 0.5), ("a", "y", 0.9), ("a", "w", 0.4)],
        *[("b", "w", 0.8), ("b", "x", 0.7), ("b", "y", 0.6), ("b", "v", 0.5)],
        *[("d", "v", 1.0), ("e", "x", 0.9), ("e", "y", 0.8), ("f", "x", 1.0)],
    ]
    truth = [
        *[("a", "x", 2.0), ("a", "z", 1.0), ("b", "y", 1.0), ("b", "w", 3.0), ("b", "q", 2.0)],
        *[("c", "x", 1.0), ("d", "v", 0.0), ("e", "x", 0.0), ("e", "y", 1.0)],
    ]
    # ranx 0.3.21: evaluate(Qrels(truth), Run(lists), [...], make_comparable=True)
    words = {
        "precision@3": 0.26666667, "recall@3": 0.43333333, "ndcg@3": 0.36911233,
        "ndcg@3(exp)": 0.39014213, "map@3": 0.26111111, "mrr@3": 0.4, "r-precision": 0.23333333,
        "hit-rate@3": 0.6, "rbp@9": 0.2416,
    }  # fmt: skip
    found, outcome = measured(tmp_path, "ranx", [*words], lists, truth)
    for word, value in words.items():
        assert found[word] == pytest.approx(value, abs=SIX), word
    assert outcome.counts["with nothing relevant, counted as 0"] == 1
    assert outcome.counts["with nothing relevant left out"] == 1


def test_recbole_agrees_with_what_recbole_found(tmp_path):
    offered = [[1, 2, 3], [2, 1, 5], [6, 2, 1], [3, 4, 2]]
    wanted = [[2], [1, 5, 3, 4], [4], [3, 4]]
    scores = [3.0, 2.0, 2.0]
    lists = [
        (f"u{u}", f"i{item}", score)
        for u, items in enumerate(offered)
        for item, score in zip(items, scores, strict=True)
    ]
    truth = [(f"u{u}", f"i{item}", 1.0) for u, items in enumerate(wanted) for item in items]
    chosen = [item for item, count in {1: 3, 2: 4, 3: 1, 4: 2}.items() for _ in range(count)]
    past = pl.DataFrame(
        {"user_id": [f"v{at}" for at in range(10)], "item_id": [f"i{item}" for item in chosen]}
    )
    catalogue = pl.DataFrame({"item_id": [f"i{at}" for at in range(1, 7)]})
    # RecBole 1.2.1, recbole/evaluator/metrics.py: `metric_info` of each metric on these arrays,
    # with items 1 … 6 and its padding.
    words = {
        "recall@3": 0.625, "ndcg@3": 0.54041276, "map@3": 0.47222222, "mrr@3": 0.5,
        "hit-rate@3": 0.75, "precision@3": 0.41666667, "coverage@3": 0.85714286,
        "gini@3": 0.40476190, "entropy@3": 0.27210515, "average-popularity@3": 2.41666667,
        "gauc": 0.35,
    }  # fmt: skip
    tables = {"items": (catalogue, ITEMS), "history": (past, INTERACTIONS)}
    found, outcome = measured(tmp_path, "recbole", [*words], lists, truth, **tables)
    for word, value in words.items():
        assert found[word] == pytest.approx(value, abs=SIX), word
    assert not any("--like" in line for line in outcome.warnings)


def test_without_a_tool_ranks_order_and_users_without_a_list_count(world, tmp_path):
    lists, truth = world
    found, _ = measured(tmp_path, "trec_eval", ["ndcg@5"], lists, truth)
    like_ranx, outcome = measured(tmp_path, "ranx", ["ndcg@5"], lists, truth)
    assert not math.isclose(found["ndcg@5"], like_ranx["ndcg@5"])
    assert outcome.measured[0].users == len({user for user, *_ in truth})


def test_a_metric_that_the_tool_does_not_have_is_told(world, tmp_path):
    lists, truth = world
    _, outcome = measured(tmp_path, "trec_eval", ["ndcg@5", "rbp@5", "gauc"], lists, truth)
    assert "--like trec_eval says nothing of gauc, rbp: measured as without it" in outcome.warnings


def test_a_choice_that_is_named_wins_over_the_tool(tmp_path, world):
    assert parsed("map@5", CONVENTIONS["trec_eval"]).definition == "denominator=all"
    assert parsed("map@5(cap)", CONVENTIONS["trec_eval"]).definition == "denominator=cap"
