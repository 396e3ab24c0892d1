"""What every re-ranking rule must do, run by the example of its help."""

import json
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
def test_no_row_is_invented_and_once_more_changes_nothing(rule: str, workplace: Path) -> None:
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
    if not after.join(before, on=[*keys, "score"], how="anti").is_empty():
        return  # a rule that changes scores is meant to add up
    again = [("recs.parquet" if word == "candidates.parquet" else word) for word in line(rule)]
    again[again.index("-o") + 1] = "again.parquet"
    run(*again, cwd=workplace)
    assert pl.read_parquet(workplace / "again.parquet").equals(after)


def test_jobs_give_the_same_bytes(workplace: Path) -> None:
    rules = [
        {"rule": "bucket", "salt": "x"},
        {"rule": "filter", "where": "price < 90", "if": "bucket = 'B'"},
        {"rule": "cap", "by": "categories"},
        {"rule": "calibrated", "by": "categories"},
        {"rule": "mmr", "by": "brand"},
        {"rule": "popularity-debias"},
        {"rule": "quota", "where": "price < 20"},
    ]
    tables = [
        "\n".join(["[[rule]]", *(f"{key} = {json.dumps(value)}" for key, value in rule.items())])
        for rule in rules
    ]
    (workplace / "rules.toml").write_text("\n".join(tables))
    words = ("--items", "items.parquet", "--history", "train.parquet", "-k", 10)
    line = ("rerank", "chain", "rules.toml", "candidates.parquet", *words)
    one = run(*line, cwd=workplace).stdout
    assert run(*line, "--jobs", 2, cwd=workplace).stdout == one


@pytest.mark.parametrize("rule", RULES)
def test_no_candidates_give_no_lists(rule: str, workplace: Path) -> None:
    empty = pl.read_parquet(workplace / "candidates.parquet").clear()
    empty.write_parquet(workplace / "candidates.parquet")
    run(*line(rule), cwd=workplace)
    assert pl.read_parquet(workplace / "recs.parquet").is_empty()
