"""What every re-ranking rule must do, run by the example of its help."""

import shlex
from pathlib import Path

import polars as pl
import pytest

from recli import registry
from recli.cli import tree
from tests.conftest import run

RULES = registry.names("rerankers")


def line(rule: str) -> list[str]:
    return shlex.split(tree.example(tree.LEAVES["rerank", rule]))[1:]


def test_there_are_rules() -> None:
    assert {"filter", "cap", "mmr", "dpp", "calibrated", "freshness"} <= set(RULES)


@pytest.mark.parametrize("rule", RULES)
def test_no_row_is_invented_and_ranks_have_no_gap(rule: str, workplace: Path) -> None:
    run(*line(rule), cwd=workplace)
    before = pl.read_parquet(workplace / "candidates.parquet")
    after = pl.read_parquet(workplace / "recs.parquet")
    assert after.height
    assert after.columns[: len(before.columns)] == before.columns  # a rule may add columns
    keys = ["user_id", "item_id"]
    assert after.join(before, on=keys, how="anti").is_empty()
    assert not after.select(keys).is_duplicated().any()
    ranks = after.group_by("user_id", maintain_order=True).agg("rank")["rank"].to_list()
    assert all(rank == list(range(1, len(rank) + 1)) for rank in ranks)
    run("verify", "recs.parquet", cwd=workplace)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_applied_twice_changes_nothing_more(rule: str, workplace: Path) -> None:
    run(*line(rule), cwd=workplace)
    keys = ["user_id", "item_id", "score"]
    before, after = (pl.read_parquet(workplace / f"{x}.parquet") for x in ("candidates", "recs"))
    if not after.join(before, on=keys, how="anti").is_empty():
        pytest.skip("a rule that changes scores is meant to add up")
    again = [("recs.parquet" if word == "candidates.parquet" else word) for word in line(rule)]
    again[again.index("-o") + 1] = "again.parquet"
    run(*again, cwd=workplace)
    once, twice = (pl.read_parquet(workplace / f"{name}.parquet") for name in ("recs", "again"))
    assert once.equals(twice)


@pytest.mark.parametrize("rule", RULES)
def test_jobs_give_the_same_bytes(rule: str, workplace: Path) -> None:
    run(*line(rule), cwd=workplace)
    one = (workplace / "recs.parquet").read_bytes()
    run(*line(rule), "--jobs", 2, cwd=workplace)
    assert (workplace / "recs.parquet").read_bytes() == one


@pytest.mark.parametrize("rule", RULES)
def test_no_candidates_give_no_lists(rule: str, workplace: Path) -> None:
    empty = pl.read_parquet(workplace / "candidates.parquet").clear()
    empty.write_parquet(workplace / "candidates.parquet")
    run(*line(rule), cwd=workplace)
    assert pl.read_parquet(workplace / "recs.parquet").is_empty()
