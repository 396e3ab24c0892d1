"""Lists that retrieve and rerank make, where a look at the rows tells right from wrong."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run


def ids(path: Path) -> set[tuple[str, str]]:
    return set(pl.read_parquet(path).select("user_id", "item_id").iter_rows())


def test_a_pair_that_weighs_nothing_was_seen_all_the_same(tmp_path: Path) -> None:
    rows = [("a", "x", 0.0), ("a", "y", 1.0), ("b", "x", 1.0), ("b", "z", 1.0)]
    table = pl.DataFrame(rows, ["user_id", "item_id", "weight"], orient="row")
    table.with_columns(pl.col("weight").cast(pl.Float32)).write_parquet(tmp_path / "log.parquet")
    table.filter(pl.col("item_id") == "z").write_parquet(tmp_path / "barred.parquet")
    run("train-popularity", "log.parquet", "-o", "p.model", cwd=tmp_path)
    line = ("retrieve", "p.model", "--history", "log.parquet", "-k", 5, "-o", "lists.parquet")
    run(*line, cwd=tmp_path)
    assert ids(tmp_path / "lists.parquet") == {("a", "z"), ("b", "y")}
    rows = [("a", "z", 0)]
    pl.DataFrame(rows, ["user_id", "item_id", "weight"], orient="row").write_parquet(
        tmp_path / "barred.parquet"
    )
    run(*line, "--exclude", "barred.parquet", cwd=tmp_path)
    assert ids(tmp_path / "lists.parquet") == {("b", "y")}


@pytest.mark.parametrize("model", ["als.model", "als.index"])
def test_mmr_takes_likeness_from_the_vectors_of_a_model(model: str, workplace: Path) -> None:
    line = ("rerank", "mmr", "candidates.parquet", "--model", model, "--lambda", 0.5)
    run(*line, "-o", "one.parquet", cwd=workplace)
    run(*line, "-o", "two.parquet", "--jobs", 2, cwd=workplace)
    assert ids(workplace / "one.parquet") == ids(workplace / "candidates.parquet")
    assert (workplace / "one.parquet").read_bytes() == (workplace / "two.parquet").read_bytes()


def test_own_tables_may_be_excluded(workplace: Path) -> None:
    line = ("retrieve", "als.model", "--history", "train.parquet", "-k", 5, "-o", "out.parquet")
    run(*line, "--exclude", "recs.parquet", cwd=workplace)
    assert not ids(workplace / "out.parquet") & ids(workplace / "recs.parquet")
    run(*line, "--exclude", "test.parquet", cwd=workplace)
    assert not ids(workplace / "out.parquet") & ids(workplace / "test.parquet")


def test_lists_of_others_may_lack_ranks(workplace: Path) -> None:
    rows = pl.read_parquet(workplace / "candidates.parquet")
    rows.drop("rank").sample(fraction=1, shuffle=True, seed=1).write_csv(workplace / "some.csv")
    line = ("rerank", "filter", "some.csv", "--where", "score is not null", "-o", "out.parquet")
    run(*line, cwd=workplace)
    out = pl.read_parquet(workplace / "out.parquet").select(rows.columns)
    assert out.equals(rows.sort("user_id", "rank"))


def test_a_repeated_item_or_user_makes_no_row_more(workplace: Path) -> None:
    for name in ("items", "users"):
        rows = pl.read_parquet(workplace / f"{name}.parquet")
        pl.concat([rows, rows]).write_parquet(workplace / f"{name}.parquet")
    where = "price > 0 and user.country is not null"
    tables = ("--items", "items.parquet", "--users", "users.parquet")
    run("rerank", "filter", "candidates.parquet", *tables, "--where", where, "-o", "out.parquet",
        cwd=workplace)  # fmt: skip
    before, after = (pl.read_parquet(workplace / f"{n}.parquet") for n in ("candidates", "out"))
    assert after.height == before.height


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("1=1", 0),
        ("score > avg(score)", 2),
        ("corr(score, rank) < 0", 2),
        ("released < now()", 2),
        ("row_number() over () < 3", 2),
        ("'max(' = title", 0),
    ],
)
def test_a_condition_speaks_of_one_row(condition: str, code: int, workplace: Path) -> None:
    line = (
        "rerank",
        "filter",
        "candidates.parquet",
        "--items",
        "items.parquet",
        "-o",
        "out.parquet",
    )
    run(*line, "--where", condition, cwd=workplace, check=code)
    if condition == "1=1":
        assert ids(workplace / "out.parquet") == ids(workplace / "candidates.parquet")


@pytest.mark.parametrize(
    "rule",
    [
        ["cap", "--by", "categories"],
        ["boost", "--where", "price < 50"],
        ["filter", "--where", "price < 50 and user.country is not null", "--users"],
    ],
)
def test_tables_of_others_are_read_by_every_worker(rule: list[str], workplace: Path) -> None:
    for name in ("items", "users"):
        rows = pl.read_parquet(workplace / f"{name}.parquet")
        rows.write_parquet(workplace / f"foreign.{name}.parquet")
    users = ["foreign.users.parquet"] if "--users" in rule else []
    line = ("rerank", rule[0], "candidates.parquet", "--items", "foreign.items.parquet", *rule[1:])
    line = (*line, *users)
    one = run(*line, "--jobs", 1, cwd=workplace).stdout
    assert run(*line, "--jobs", 2, cwd=workplace).stdout == one


def test_ranks_that_run_backwards_are_refused_in_a_table_of_ours(workplace: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(workplace / "candidates.parquet")
    footer = pq.read_metadata(workplace / "candidates.parquet").metadata
    table = table.take(list(range(table.num_rows))[::-1])
    table = table.replace_schema_metadata({b"recli": footer[b"recli"]})
    pq.write_table(table, workplace / "back.parquet")
    line = ("rerank", "boost", "back.parquet", "--where", "rank > 1")
    assert b"not in the order" in run(*line, cwd=workplace, check=65).stderr


def test_ids_of_another_type_are_named(workplace: Path) -> None:
    rows = pl.read_parquet(workplace / "train.parquet")
    rows.with_columns(
        item_id=pl.col("item_id").hash().cast(pl.Int64, strict=False).fill_null(1)
    ).write_parquet(workplace / "whole.parquet")
    line = ("retrieve", "als.model", "--history", "whole.parquet")
    assert b"--id-type" in run(*line, cwd=workplace, check=65).stderr


def test_an_unknown_command_or_table_of_the_configuration_is_named(workplace: Path) -> None:
    assert b"is it train-als" in run("trian-als", check=2).stderr
    (workplace / "recli.toml").write_text("[train_als]\nfactors = 8\n")
    line = ("train-als", "train.parquet", "-o", "m", "--config", "recli.toml")
    assert b"train_als" in run(*line, cwd=workplace, check=78).stderr
