"""Tables merged by the real command: names, columns, streams, and what is refused."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

MERGE = ("merge", "weighted")
OUT = ("-o", "m.parquet")


def table(path: Path, rows: list[tuple[str, str, float]], **columns: object) -> None:
    frame = pl.DataFrame(rows, ["user_id", "item_id", "score"], orient="row")
    frame.with_columns(**columns).write_parquet(path)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    table(tmp_path / "a.parquet", [("u", "x", 3.0), ("u", "y", 1.0), ("v", "z", 2.0)])
    table(tmp_path / "b.parquet", [("u", "y", 9.0), ("w", "x", 4.0)])
    return tmp_path


def test_foreign_tables_are_called_by_their_files(two: Path) -> None:
    run(*MERGE, "a.parquet", "b.parquet", *OUT, cwd=two)
    found = pl.read_parquet(two / "m.parquet")
    assert found.columns == [
        "user_id", "item_id", "score", "rank", "source", "a_rank", "a_score", "b_rank", "b_score"
    ]  # fmt: skip
    assert found["user_id"].to_list() == ["u", "u", "v", "w"]
    assert found.filter(user_id="u").select("item_id", "source", "a_rank", "b_score").rows() == [
        ("x", "a", 1, None),
        ("y", "a+b", 2, 9.0),
    ]


def test_one_table_or_the_same_twice_keeps_its_order(two: Path) -> None:
    run(*MERGE, "a.parquet", *OUT, cwd=two)
    assert pl.read_parquet(two / "m.parquet")["item_id"].to_list() == ["x", "y", "z"]
    run(*MERGE, "a.parquet", "a.parquet", *OUT, cwd=two)
    found = pl.read_parquet(two / "m.parquet")
    assert found["item_id"].to_list() == ["x", "y", "z"]
    assert found["source"].unique().to_list() == ["a+a_2"]


def test_names_can_be_given_and_a_merge_can_be_merged(two: Path) -> None:
    names = ("--names", "one,other")
    run("merge", "union", "a.parquet", "b.parquet", *names, "-o", "u.parquet", cwd=two)
    run(*MERGE, "u.parquet", "a.parquet", *OUT, cwd=two)
    found = pl.read_parquet(two / "m.parquet")
    assert {"one_rank", "other_score", "union_rank", "a_rank"} <= set(found.columns)
    assert found.filter(user_id="u", item_id="y")["other_score"].item() == 9.0


def test_a_repeated_item_counts_once_and_is_said(two: Path) -> None:
    table(two / "a.parquet", [("u", "x", 3.0), ("u", "x", 2.0), ("u", "y", 1.0)])
    done = run("merge", "quotas", "a.parquet", "b.parquet", *OUT, cwd=two)
    assert b"1 rows repeat an item" in done.stderr
    found = pl.read_parquet(two / "m.parquet").filter(user_id="u")
    assert found["item_id"].to_list() == ["x", "y"]
    run("verify", "m.parquet", cwd=two)


def test_other_columns_travel_along(two: Path) -> None:
    table(two / "a.parquet", [("u", "x", 3.0), ("u", "y", 1.0)], why=pl.lit("new"))
    table(two / "b.parquet", [("u", "y", 9.0), ("u", "z", 1.0)], why=pl.lit("old"), tags=["p"])
    run(*MERGE, "a.parquet", "b.parquet", "-o", "m.ndjson", cwd=two)
    found = pl.read_ndjson(two / "m.ndjson").sort("item_id")
    assert found["why"].to_list() == ["new", "new", "old"]
    assert found["tags"].to_list() == [None, ["p"], ["p"]]


def test_a_pipe_gives_the_bytes_of_a_file(workplace: Path) -> None:
    words = ("merge", "reciprocal-rank", "recs.parquet")
    run(*words, "candidates.parquet", *OUT, cwd=workplace)
    piped = (workplace / "candidates.parquet").read_bytes()
    done = run(*words, "-", cwd=workplace, input=piped)
    assert done.stdout == (workplace / "m.parquet").read_bytes()


def test_ids_that_are_numbers_stay_numbers(tmp_path: Path) -> None:
    rows = pl.DataFrame({"user_id": [10, 9, 9], "item_id": [2, 10, 9], "score": [1.0, 2.0, 2.0]})
    rows.write_parquet(tmp_path / "a.parquet")
    run(*MERGE, "a.parquet", "a.parquet", *OUT, cwd=tmp_path)
    found = pl.read_parquet(tmp_path / "m.parquet")
    assert found.select("user_id", "item_id").rows() == [(9, 9), (9, 10), (10, 2)]


def test_a_ranker_takes_the_ranks_and_scores_of_the_sources(workplace: Path) -> None:
    past = ("--history", "past.parquet")
    run("train-popularity", "past.parquet", "-o", "pop.model", cwd=workplace)
    run("retrieve", "pop.model", "--users", "labels.parquet", *past, "-k", 50, "-o", "pop.parquet",
        cwd=workplace)  # fmt: skip
    run("merge", "union", "past.candidates.parquet", "pop.parquet", *OUT, cwd=workplace)
    run("train-lambdamart", "m.parquet", "--labels", "labels.parquet", *past, "-o", "r.model",
        "--trees", 5, cwd=workplace)  # fmt: skip
    shown = run("inspect", "r.model", cwd=workplace).stdout.decode()
    assert "als_rank" in shown
    run("rank", "r.model", "m.parquet", *past, "-k", 5, "-o", "ranked.parquet", cwd=workplace)
    ranked = pl.read_parquet(workplace / "ranked.parquet")
    assert "popularity_score" in ranked.columns


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("weighted", "a.parquet", "b.parquet", "--weights", "1"), 2, "has 1 numbers"),
        (("weighted", "a.parquet", "--history", "a.parquet"), 2, "--history is not read"),
        (("switching", "a.parquet", "b.parquet"), 2, "add --history"),
        (("union", "-", "-"), 2, "both table 1 and table 2 would read standard input"),
        (("union", "a.parquet", "b.parquet", "--names", "x"), 2, "2 different names"),
        (("union", "a.parquet", "b.parquet", "--names", "x,x"), 2, "2 different names"),
        (("union", "a.parquet", "b.parquet", "--names", "x,y/z"), 2, "2 different names"),
        (("union", "a.parquet", "numbers.parquet"), 65, "'user_id' is Int64 here"),
        (("union", "a.parquet", "more.parquet"), 65, "column 'why' is"),
        (("union", "a.parquet", "absent.parquet"), 66, "absent.parquet"),
        (("weighted", "a.parquet", "--normalise", "softmax"), 2, "softmax"),
    ],
)
def test_what_cannot_be_merged_is_refused(
    two: Path, words: tuple[str, ...], code: int, message: str
) -> None:
    table(two / "a.parquet", [("u", "x", 3.0)], why=pl.lit("text"))
    table(two / "more.parquet", [("u", "x", 3.0)], why=pl.lit(1))
    numbers = pl.DataFrame({"user_id": [1], "item_id": [1], "score": [1.0]})
    numbers.write_parquet(two / "numbers.parquet")
    done = run("merge", *words, *OUT, cwd=two, check=code)
    assert message in done.stderr.decode()
    assert b"Traceback" not in done.stderr
