"""What lost an item, and what a ranker saw in it, on funnels written by hand."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli import registry
from recli.errors import RecliError
from recli.stages import features, features_block, gather, rank, train_ranker
from recli.stages.why import why
from recli.stages.why_asked import Asked, as_id
from recli.stages.why_model import Standing
from recli.stages.why_verdict import said
from recli.store.artefact import Artefact, open_artefact
from recli.store.open import Table, open_table
from recli.store.provenance import Provenance
from recli.store.ranker import load_ranker
from recli.store.write import Output
from recli.tables import CANDIDATES, INTERACTIONS, ITEMS

Facts = dict[str, Any]


def lists(
    path: Path, command: str, items: list[int], *read: Table | Artefact, **told: Any
) -> Table:
    """A list of user 7, as a command would write it that read other lists, items, a ranker."""
    rows = pl.DataFrame(
        {
            "user_id": pl.Series([7] * len(items), dtype=pl.Int64),
            "item_id": pl.Series(items, dtype=pl.Int64),
            "score": pl.Series(range(len(items), 0, -1), dtype=pl.Float32),
            "rank": pl.Series(range(1, len(items) + 1), dtype=pl.Int32),
        }
    )
    inputs = [one.as_input(role_of(one)) for one in read]
    Output(str(path), CANDIDATES).write([rows], Provenance(command, told, inputs), {})
    return open_table(str(path), CANDIDATES)


def role_of(one: Table | Artefact) -> str:
    if isinstance(one, Artefact):
        return one.kind
    return "items" if one.contract is ITEMS else "candidates"


def unsaid(command: str) -> Facts:
    """What a command is told when nobody says so."""
    return {}


def told(recs: Table, item: int, *stages: Table, **more: Table) -> Facts:
    tables = {"candidates": recs, **more}
    tables |= {f"stage {at}": table for at, table in enumerate(stages)}
    found = why(Asked("7", str(item), unsaid), tables)
    return found.facts | {"warnings": found.warnings}


@pytest.fixture
def offers(tmp_path: Path) -> Table:
    return lists(tmp_path / "offers.parquet", "retrieve", [1, 2, 3, 4, 5, 6], k=6)


def test_steps_stand_in_the_order_of_their_records(offers: Table, tmp_path: Path) -> None:
    ranked = lists(tmp_path / "ranked.parquet", "rank", [2, 1, 3, 4], offers, k=4)
    recs = lists(tmp_path / "recs.parquet", "rerank mmr", [1, 2], ranked, k=2)
    for stages in ((offers, ranked), (ranked, offers)):
        facts = told(recs, 1, *stages)
        assert [step["command"] for step in facts["funnel"]] == ["retrieve", "rank", "rerank mmr"]
        assert [step["rank"] for step in facts["funnel"]] == [1, 2, 1]
        assert facts["warnings"] == []
    assert facts["verdict"].startswith("Shown at rank 1 of 2 (1 in ")


@pytest.mark.parametrize(
    ("command", "arguments", "after", "lost"),
    [
        ("rank", {"k": 2}, [1, 2], "below the first 2 that `rank -k 2` kept"),
        ("rerank mmr", {"k": 2}, [4, 6], "moved below the first 2 that `rerank mmr -k 2` kept"),
        ("rerank cap", {"by": "kind"}, [1, 2], "dropped by `rerank cap --by kind`"),
        ("rerank filter", {"where": "a<1"}, [1], "its condition does not hold"),
        ("rerank filter", {"where": "a<1", "k": 2}, [1, 4], "its condition does not hold"),
        ("rerank filter", {"where": "a<1", "k": 2}, [1, 2], "moved below the first 2"),
        ("merge union", {"k": 3}, [1, 2, 4], "below the first 3 that `merge union -k 3` kept"),
        ("rerank cap", {}, [], "but the user has no list in"),
    ],
)
def test_the_step_that_lost_the_item_is_named(
    command: str, arguments: Facts, after: list[int], lost: str, offers: Table, tmp_path: Path
) -> None:
    pl.DataFrame({"item_id": [1], "a": [0]}).write_parquet(tmp_path / "items.parquet")
    items = open_table(str(tmp_path / "items.parquet"), ITEMS)  # not given, so no rule is replayed
    recs = lists(tmp_path / "recs.parquet", command, after, offers, items, **arguments)
    verdict = told(recs, 3, offers)["verdict"]
    assert verdict.startswith(f"Not shown: at rank 3 in {offers.where}")
    assert lost in verdict


def test_steps_of_a_pipe_are_named_and_a_rule_among_them_is_made_again(
    offers: Table, tmp_path: Path
) -> None:
    pl.DataFrame({"item_id": [1, 2, 3, 4, 5, 6], "price": [9, 1, 9, 1, 1, 1]}).write_parquet(
        tmp_path / "items.parquet"
    )
    items = open_table(str(tmp_path / "items.parquet"), ITEMS)
    rule = {"where": "price < 5", "k": None}
    piped = lists(tmp_path / "pipe.parquet", "rerank filter", [2, 4, 5, 6], offers, items, **rule)
    recs = lists(tmp_path / "recs.parquet", "rerank mmr", [5, 2], piped, k=2)
    assert (
        "lost by one of `rerank filter --where 'price < 5'`, `rerank"
        in (told(recs, 3, offers)["verdict"])
    )
    facts = told(recs, 3, offers, items=items)
    assert "dropped by `rerank filter --where 'price < 5'`" in facts["verdict"]
    assert [step["of"] for step in facts["funnel"]] == [6, 4, 2]
    later = told(recs, 6, offers, items=items)["verdict"]
    assert "at rank 4 after `rerank filter --where 'price < 5'`, moved below the first 2" in later


def test_a_merge_in_a_pipe_is_made_again(offers: Table, tmp_path: Path) -> None:
    other = lists(tmp_path / "other.parquet", "retrieve", [9, 3, 8], k=3)
    told_of = {"names": "a,b", "k": 4}
    merged = [1, 9, 2, 3]
    piped = lists(tmp_path / "pipe.parquet", "merge union", merged, offers, other, **told_of)
    recs = lists(tmp_path / "recs.parquet", "rerank mmr", [1, 9], piped, k=2)
    facts = told(recs, 3, offers, other)
    place = facts["funnel"][2]
    assert (place["command"], place["made_again"], place["of"]) == ("merge union", True, 4)
    assert place["sources"] == {"a": {"rank": 3, "score": 4.0}, "b": {"rank": 2, "score": 2.0}}
    assert "moved below the first 2 that `rerank mmr -k 2` kept" in facts["verdict"]


def test_a_table_of_another_funnel_is_warned_of(offers: Table, tmp_path: Path) -> None:
    other = lists(tmp_path / "other.parquet", "retrieve", [9, 8], k=2)
    recs = lists(tmp_path / "recs.parquet", "rank", [2, 1], offers, k=2)
    facts = told(recs, 9, other, offers)
    assert facts["warnings"] == [f"{other.where} is no step on the way to {recs.where}"]
    assert facts["verdict"].startswith("Not shown: at rank 1 in")


def test_lists_without_a_record_follow_the_stages_as_given(offers: Table, tmp_path: Path) -> None:
    offers.read().head(2).write_parquet(tmp_path / "recs.parquet")
    recs = open_table(str(tmp_path / "recs.parquet"), CANDIDATES)
    facts = told(recs, 3, offers)
    assert (
        facts["verdict"] == f"Not shown: at rank 3 in {offers.where}, then missing in {recs.where}."
    )
    assert facts["warnings"] == []


def test_an_id_that_is_no_number_is_refused_where_ids_are_numbers(offers: Table) -> None:
    assert as_id("12", offers, "user_id") == 12
    for text in ("u1", "1.0", "9223372036854775808"):
        with pytest.raises(RecliError, match=f"'{text}' is no number"):
            as_id(text, offers, "user_id")


def test_a_user_nobody_knows_is_refused(offers: Table) -> None:
    with pytest.raises(RecliError, match=f"user '8' is in none of {offers.where}"):
        why(Asked("8", "1", unsaid), {"candidates": offers})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    """Users who choose, among offers in an order of chance, what is of their kind."""
    folder, draw = tmp_path_factory.mktemp("shop"), np.random.default_rng(0)
    users, items, length = 60, 40, 15
    kinds = draw.integers(0, 4, items)
    listed = np.concatenate([draw.choice(items, length, replace=False) for _ in range(users)])
    whose = np.repeat(np.arange(users), length)
    chosen = (kinds[listed] == whose % 4) & (draw.random(len(whose)) < 0.9)
    frames = {
        "candidates": {
            "user_id": whose,
            "item_id": listed,
            "score": np.tile(np.arange(length, 0, -1), users).astype(np.float32),
            "rank": np.tile(np.arange(1, length + 1), users).astype(np.int32),
            "source": draw.choice(["als", "knn"], len(whose)),
        },
        "labels": {"user_id": whose[chosen], "item_id": listed[chosen]},
        "history": {"user_id": whose[~chosen], "item_id": listed[~chosen]},
        "items": {"item_id": np.arange(items), "kind": [f"k{kind}" for kind in kinds]},
    }
    contracts = {"candidates": CANDIDATES, "items": ITEMS}
    found = {}
    for role, columns in frames.items():
        pl.DataFrame(columns).write_parquet(folder / f"{role}.parquet")
        path = str(folder / f"{role}.parquet")
        found[role] = open_table(path, contracts.get(role, INTERACTIONS))
    return found


def trained(name: str, shop: dict[str, Table], target: Path) -> Artefact:
    """A calibrated ranker that learned from the shop."""
    how = features.making(features.layout_of(shop, features.Chosen(features.families())), shop)
    block = {role: shop[role].read() for role in ("candidates", "labels", "history")}
    data = gather.gather(how, [block], gather.Choices())[0]
    made = registry.load("rankers", name)
    few = {"min_leaf": 5} if "min_leaf" in {field.name for field in registry.fields(made)} else {}
    by = Provenance("train")
    train_ranker.train((name, made(**few)), data, how.layout, target, by, Counter(), "platt")
    return open_artefact(str(target), "ranker")


@pytest.mark.parametrize("name", registry.names("rankers"))
def test_what_the_features_add_is_the_score_that_rank_gives(
    name: str, shop: dict[str, Table], tmp_path: Path
) -> None:
    ranker = trained(name, shop, tmp_path / "ranker")
    how = features.making(features.layout_of(shop, features.Chosen(features.families())), shop)
    block = {"candidates": shop["candidates"].read(), "history": shop["history"].read()}
    every = features_block.of_block(how, block).features(slice(0, 60), 1)
    tables = {role: table for role, table in shop.items() if role != "labels"}
    for user in (0, 17):
        item = int(shop["candidates"].read()["item_id"][user * 15 + 4])
        asked = Asked(str(user), str(item), unsaid, ranker=ranker)
        ranking = why(asked, tables).facts["ranking"]
        scores = load_ranker(ranker, 1)(every[user * 15 : user * 15 + 15])
        adds = sum(one["adds"] for one in ranking["features"]) + ranking["bias"]
        above = sum(one["above"] for one in ranking["features"])
        assert ranking["score"] == pytest.approx(scores[4], rel=1e-6)
        assert adds == pytest.approx(scores[4], rel=1e-6)
        assert above == pytest.approx(scores[4] - scores.mean(), rel=1e-6, abs=1e-9)
        assert (scores > scores[4]).sum() < ranking["rank"] <= (scores >= scores[4]).sum()
        assert 0 < ranking["chance"] < 1
        kind = next(one for one in ranking["features"] if one["name"] == "items.kind")
        assert kind["value"] == shop["items"].read()["kind"][item]


def test_a_ranking_in_a_pipe_is_made_again(shop: dict[str, Table], tmp_path: Path) -> None:
    tables = {role: table for role, table in shop.items() if role != "labels"}
    ranker = trained("logistic", shop, tmp_path / "ranker")
    block = {role: tables[role].read() for role in ("candidates", "history")}
    rows = rank.build(ranker, tables, rank.Choices(8))()(block).rows
    inputs = [*(one.as_input(role) for role, one in tables.items()), ranker.as_input("ranker")]
    path = str(tmp_path / "ranked.parquet")
    Output(path, CANDIDATES).write([rows], Provenance("rank", {"k": 8, "now": None}, inputs), {})
    ranked = open_table(path, CANDIDATES)
    kept = rows.filter(pl.col("rank") <= 3)
    by = Provenance("rerank mmr", {"k": 3}, [ranked.as_input("candidates")])
    Output(str(tmp_path / "recs.parquet"), CANDIDATES).write([kept], by, {})
    recs = open_table(str(tmp_path / "recs.parquet"), CANDIDATES)
    item = rows.filter(pl.col("user_id") == 17)["item_id"][5]
    given = {**tables, "candidates": recs, "stage 1": tables["candidates"]}
    facts = why(Asked("17", str(item), unsaid, ranker=ranker), given).facts
    place = facts["funnel"][1]
    assert (place["made_again"], place["rank"], place["of"]) == (True, 6, 8)
    assert facts["ranking"]["rank"] == 6
    assert "at rank 6 after `rank -k 8`" in facts["verdict"].replace("rank train -k", "rank -k")


def test_an_item_that_never_reached_the_ranker_is_ranked_in_an_earlier_list_if_that_can_be(
    shop: dict[str, Table], tmp_path: Path
) -> None:
    ranker = trained("logistic", shop, tmp_path / "ranker")
    bare = lists(tmp_path / "bare.parquet", "retrieve", [1, 2, 3], k=3)
    path = tmp_path / "whole.parquet"
    rows = bare.read().with_columns(source=pl.lit("als"))
    Output(str(path), CANDIDATES).write([rows], Provenance("retrieve", {"k": 3}), {})
    items, history = shop["items"], shop["history"]
    for offers, ranked in ((bare, False), (open_table(str(path), CANDIDATES), True)):
        merged = lists(tmp_path / "merged.parquet", "merge union", [2, 1], offers, k=2)
        recs = lists(tmp_path / "recs.parquet", "rank", [1, 2], merged, ranker, k=2)
        given = {"candidates": recs, "stage 1": offers, "stage 2": merged}
        asked = Asked("7", "3", unsaid, ranker=ranker)
        facts = why(asked, {**given, "items": items, "history": history}).facts
        assert "below the first 2 that `merge union -k 2` kept" in facts["verdict"]
        if ranked:
            assert (facts["ranking"]["candidates"], facts["ranking"]["of"]) == (offers.where, 3)
        else:
            assert "has no column 'source'" in facts["unranked"]


@pytest.mark.parametrize(
    ("known", "says"),
    [
        ({}, "als has it at rank 9 of 50, k was 5"),
        ({"k": 10}, "als has it at rank 9 of 50, within k 10"),
        ({"k": None}, "als has it at rank 9 of 50"),
        ({"seen": True}, "seen, so als does not offer it (it would be at rank 9 of 50)"),
        ({"seen": True, "keeps_seen": True}, "als has it at rank 9 of 50, k was 5"),
        ({"k": 10, "index": "hnsw", "found": False}, "within k 10, but the index misses it"),
        ({"k": 10, "index": "hnsw", "found": False, "offered": True}, "50, within k 10"),
        ({"k": 10, "through_index": True}, "searched: --model INDEX tells whether it misses it"),
        ({"k": 10, "narrowed": ("only", "exclude")}, "k 10: --only and --exclude may bar it"),
        ({"source": "fallback"}, "of 50 by popularity, knowing nothing of the user, k was 5"),
        ({"rank": None}, "als has no score for it"),
        ({"rank": None, "knows_item": False}, "als does not know the item"),
    ],
)
def test_a_model_says_what_kept_the_item_back(known: Facts, says: str) -> None:
    one = Standing(
        "als.model", "als", None, True, "known", "als", 0.5, 9, 50, False, 5, False, (), None,
        through_index=False, offered=False,
    )  # fmt: skip
    assert said(replace(one, **known)).endswith(says)
