"""tune and train-auto through the real commands: what they find, keep, refuse and resume."""

import json
import tomllib
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

SEARCH = ("past.parquet", "--valid", "labels.parquet", "--metric", "ndcg@10")


def test_a_config_is_written_that_the_model_takes(workplace: Path) -> None:
    run("tune", "item-knn", *SEARCH, "--trials", 4, "-o", "best.toml", cwd=workplace)
    table = tomllib.loads((workplace / "best.toml").read_text())
    assert set(table) == {"train-item-knn"}
    words = ("train-item-knn", "past.parquet", "--config", "best.toml", "-o", "best.model")
    run(*words, cwd=workplace)
    manifest = json.loads((workplace / "best.model" / "manifest.json").read_text())
    assert table["train-item-knn"].items() <= manifest["parameters"].items()


@pytest.mark.parametrize(
    "words", [("past.parquet",), ("some.parquet", "--history", "past.parquet")]
)
def test_the_value_reported_is_what_evaluate_finds(workplace: Path, words: tuple[str, ...]) -> None:
    # Users whom training never saw are folded in from a history of their own.
    past = pl.read_parquet(workplace / "past.parquet")
    past.filter(pl.col("user_id").hash() % 2 == 0).write_parquet(workplace / "some.parquet")
    search = ("tune", "item-knn", *words, *SEARCH[1:], "--trials", 1, "-o", "best.toml")
    said = run(*search, cwd=workplace).stderr.decode()
    value = float(said.partition("ndcg@10 ")[2].split()[0])
    run("train-item-knn", words[0], "-o", "m", cwd=workplace)
    lists = ("retrieve", "m", "--users", "labels.parquet", "--history", "past.parquet", "-k", 10)
    run(*lists, "-o", "lists.parquet", cwd=workplace)
    words = ("evaluate", "lists.parquet", "labels.parquet", "ndcg@10", "-f", "csv")
    report = run(*words, cwd=workplace).stdout.decode()
    assert value == pytest.approx(float(report.splitlines()[1].split(",")[2]), abs=5e-5)


def test_a_fixed_field_is_not_searched(workplace: Path) -> None:
    words = ("--set", "similarity=jaccard", "--set", "neighbours=20")
    run("tune", "item-knn", *SEARCH, *words, "--trials", 3, "-o", "best.toml", cwd=workplace)
    found = tomllib.loads((workplace / "best.toml").read_text())["train-item-knn"]
    assert (found["similarity"], found["neighbours"]) == ("jaccard", 20)


def test_a_search_goes_on_where_it_was(workplace: Path) -> None:
    words = ("tune", "item-knn", *SEARCH, "--study", "study", "-v", "-o", "best.toml")
    first = run(*words, "--trials", 2, cwd=workplace).stderr.decode()
    again = run(*words, "--trials", 4, cwd=workplace).stderr.decode()
    told = [line.partition(" in ")[0] for line in first.splitlines() if ": trial " in line]
    assert len(told) == 2
    assert all(line in again for line in told)
    assert again.count(": trial ") == 4
    other = ("tune", "item-knn", "train.parquet", *SEARCH[1:], "--study", "study", "--trials", 5)
    assert b"another search: inputs differ" in run(*other, cwd=workplace, check=65).stderr


def test_a_model_that_learns_in_sweeps_is_given_up_early(workplace: Path) -> None:
    words = ("--set", "iterations=9", "--trials", 6, "-v", "-o", "best.toml")
    said = run("tune", "als", *SEARCH, *words, cwd=workplace).stderr.decode()
    assert "6 trials" in said
    found = tomllib.loads((workplace / "best.toml").read_text())["train-als"]
    assert found["iterations"] == 9


def test_a_time_limit_ends_the_search_not_the_run(workplace: Path) -> None:
    words = ("tune", "item-knn", *SEARCH, "--time-limit", "4s", "-o", "best.toml")
    run(*words, cwd=workplace)
    assert (workplace / "best.toml").exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("tune", "item-kn", *SEARCH), 2, "no model 'item-kn'"),
        (("tune", "item-knn", *SEARCH, "--set", "neighbors=3"), 2, "sets no field"),
        (("tune", "item-knn", *SEARCH, "--set", "neighbours=x"), 2, "not a value of neighbours"),
        (("tune", "item-knn", *SEARCH, "--set", "neighbours=0"), 2, "at least 1"),
        (("tune", "item-knn", "-", *SEARCH[1:]), 2, "read again and again"),
        (
            ("tune", "item-knn", *SEARCH[:3], "--metric", "coverage@10"),
            2,
            "whether lists are right",
        ),
        (("tune", "item-knn", *SEARCH[:3], "--metric", "best@10"), 2, "no metric"),
        (("tune", "item-knn", *SEARCH, "-o", "no/where.toml"), 73, "mkdir -p no"),
        (("train-auto", *SEARCH, "-o", "m", "--models", "als,best"), 2, "no model 'best'"),
    ],
)
def test_wrong_use_is_told_before_any_work(
    words: tuple[str, ...], code: int, says: str, workplace: Path
) -> None:
    assert says in run(*words, cwd=workplace, check=code).stderr.decode()


def test_the_winner_is_kept_with_the_table_it_was_chosen_from(workplace: Path) -> None:
    words = ("--models", "popularity,item-knn", "--trials", 2, "-o", "best.model")
    run("train-auto", *SEARCH, *words, cwd=workplace)
    manifest = json.loads((workplace / "best.model" / "manifest.json").read_text())
    table = manifest["chosen_from"]
    assert [row["model"] for row in table] == sorted(
        ("popularity", "item-knn"),
        key=lambda name: -next(row["value"] for row in table if row["model"] == name),
    )
    assert manifest["plugin"] == table[0]["model"]
    assert table[0]["parameters"].items() <= manifest["parameters"].items()
    lists = ("retrieve", "best.model", "--history", "past.parquet", "-k", 5, "-o", "x.parquet")
    run(*lists, cwd=workplace)


def test_errors_of_ratings_are_made_small(workplace: Path) -> None:
    words = ("past.parquet", "--valid", "labels.parquet", "--metric", "rmse", "--trials", 3, "-v")
    done = run("tune", "biased-mf", *words, "--set", "iterations=3", "-o", "b.toml", cwd=workplace)
    said = done.stderr.decode()
    tried = [float(line.split("rmse ")[1].split()[0]) for line in said.splitlines() if " [" in line]
    assert tried
    assert f"rmse {min(tried):.4f} in trial" in said
