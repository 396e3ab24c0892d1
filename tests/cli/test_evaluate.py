"""The evaluate command as a process: reports, gates, warnings and refusals."""

import io
import json

import polars as pl
import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The worked example, a history, items and users, as CSV; and the place to work in."""
    monkeypatch.chdir(tmp_path)
    save("recs.csv", user_id=["a"] * 5, item_id=list("ABCDF"), rank=range(1, 6))
    save("best.csv", user_id=["a"] * 3, item_id=list("BDE"), score=[3.0, 2.0, 1.0])
    save("truth.csv", user_id=["a"] * 3 + ["b"], item_id=list("BDEA"), rating=[9, 8, 7, 2])
    save("history.csv", user_id=list("abbcc"), item_id=list("ABDFC"))
    save("users.csv", user_id=list("ab"), country=["SE", "NO"])
    genres = [["x"], ["x"], ["y"], ["x", "y"], ["z"], ["z"]]
    pl.DataFrame({"item_id": list("ABCDEF"), "genres": genres}).write_parquet("items.parquet")
    return tmp_path


def save(name, **columns):
    pl.DataFrame({key: list(values) for key, values in columns.items()}).write_csv(name)


def test_prints_the_worked_example_for_people(recli, folder):
    words = ["ndcg@5", "recall@5", "map@5", "mrr@5", "hit-rate@5", "--min-relevance", "7"]
    done = recli("evaluate", "recs.csv", "truth.csv", *words, "-f", "table")
    lines = done.stdout.decode().splitlines()
    assert lines[0].split() == ["metric", "lists", "users"]
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["ndcg@5", "0.4982"],
        ["recall@5", "0.6667"],
        ["map@5", "0.3333"],
        ["mrr@5", "0.5000"],
        ["hit-rate@5", "1.0000"],
    ]
    text = " ".join(" ".join(lines).split())
    assert "ndcg gain=linear; recall denominator=all; map denominator=cap" in text
    assert "relevant a rating of at least 7, worth 1" in text
    assert "1 users measured, 1 with nothing relevant left out" in text


def test_lists_stand_in_columns_beside_popularity_and_item_knn(recli, folder):
    words = ["ndcg@5", "coverage@5", "--history", "history.csv", "-f", "table"]
    done = recli("evaluate", "recs.csv", "truth.csv", *words)
    lines = done.stdout.decode().splitlines()
    assert lines[0].startswith("verdict: lists: not told apart from popularity and item-knn")
    header, ndcg, coverage = lines[lines.index("") + 1 :][:3]
    assert header.split() == ["metric", "lists", "popularity", "item-knn", "users"]
    assert ndcg.split()[0] == "ndcg@5"
    assert "] == " in ndcg
    # The history holds five items, all of them in the lists.
    assert coverage.split()[:2] == ["coverage@5", "1.0000"]


def test_several_lists_are_lines_under_each_metric(recli, folder):
    words = ["ndcg@5", "coverage@5", "--history", "history.csv", "--baseline", "popularity"]
    done = recli("evaluate", "recs.csv", "best.csv", "truth.csv", *words, "-f", "table")
    lines = [line.split() for line in done.stdout.decode().splitlines()]
    at = next(at for at, line in enumerate(lines) if line[:1] == ["coverage@5,"])
    assert lines[at + 1 : at + 3] == [["recs.csv", "1.0000"], ["best.csv", "0.4000"]]
    assert lines[at + 3][0] == "popularity"


def test_json_is_one_versioned_object(recli, folder):
    words = ["ndcg@5(exp)", "gini@5", "--by", "country", "--users", "users.csv"]
    more = ["--history", "history.csv", "--min", "ndcg@5=0.1", "--json", "--graded"]
    report = json.loads(recli("evaluate", "recs.csv", "truth.csv", *words, *more).stdout)
    assert report["format"] == 2
    assert report["command"] == "evaluate"
    assert report["lists"] == ["lists", "popularity", "item-knn"]
    assert report["baselines"] == ["popularity", "item-knn"]
    assert report["relevance"] == "relevant every row of truth, worth its rating"
    found = {(one["metric"], one["lists"], one["segment"]): one for one in report["metrics"]}
    # The gate's metric has another definition: it is measured too.
    assert len(report["metrics"]) == 3 * (3 + 3 + 1)
    assert found["gini", "lists", None] | {"value": 0} == {
        "metric": "gini",
        "k": 5,
        "definitions": {},
        "less_is_better": True,
        "lists": "lists",
        "by": None,
        "segment": None,
        "value": 0,
        "low": None,
        "high": None,
        "users": 1,
    }
    assert found["ndcg", "lists", "NO"]["users"] == 1
    assert report["gates"][0]["definitions"] == {"gain": "linear"}
    assert report["gates"][0]["met"] is True
    assert report["users"]["users measured"] == 2


def test_a_pipe_carries_the_metrics_table(recli, folder):
    words = ["ndcg@5", "diversity@3", "--items", "items.parquet"]
    done = recli("evaluate", "-", "truth.csv", *words, input=(folder / "recs.csv").read_bytes())
    table = pl.read_parquet(io.BytesIO(done.stdout))
    assert table.columns == [
        "metric", "k", "value", "low", "high", "users", "lists", "definition",
    ]  # fmt: skip
    assert table["definition"].to_list() == ["gain=linear", "by=genres"]
    # A, B, C: {x} {x} {y}.
    assert table["value"][1] == pytest.approx(2 / 3)
    from_file = recli("evaluate", "recs.csv", "truth.csv", *words)
    assert pl.read_parquet(io.BytesIO(from_file.stdout)).equals(table)
    recli("evaluate", "recs.csv", "truth.csv", *words, "-o", "report.parquet")
    assert pl.read_parquet("report.parquet").equals(table)


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_gate_ends_with_3_after_the_whole_report(recli, folder, quiet):
    gates = ["--min", "ndcg@5=0.1", "--min", "recall@5=0.9"]
    words = ["ndcg@5", *gates, "-o", "report.json", "--json", *quiet]
    done = recli("evaluate", "recs.csv", "truth.csv", *words, check=3)
    report = json.loads((folder / "report.json").read_text())
    assert [gate["met"] for gate in report["gates"]] == [True, False]
    assert b"gate not met: recall@5 of lists is 0.333333, at least 0.9" in done.stderr
    assert b"ndcg@5 of" not in done.stderr


def test_a_gate_is_named_with_its_definition_where_two_would_read_alike(recli, folder):
    gates = ["--min", "ndcg@5=2", "--min", "ndcg@5(exp)=2", "--max-drop", "ndcg@5(exp)=0"]
    words = ["recs.csv", "truth.csv", "mrr@5", *gates, "--history", "history.csv"]
    lines = recli("evaluate", *words, check=3).stderr.decode().splitlines()
    missed = [line.split("not met: ")[1].split(" is ")[0] for line in lines if "not met" in line]
    assert missed[:2] == ["ndcg@5(gain=linear) of lists", "ndcg@5(gain=exp) of lists"]
    assert {*missed[2:]} <= {"ndcg@5(gain=exp) of lists"}


def test_a_drop_beside_a_baseline_that_has_nothing_is_said_to_be_unknown(recli, folder):
    save("rated.csv", user_id=["a", "b"], item_id=["A", "B"], rating=[1.0, 2.0])
    save("scored.csv", user_id=["a", "b"], item_id=["A", "B"], score=[1.0, 3.0])
    words = ["scored.csv", "rated.csv", "mrr@5", "--max-drop", "rmse=1%"]
    done = recli("evaluate", *words, "--history", "history.csv", check=3)
    assert b"rmse of lists could not be held against popularity, which has none" in done.stderr
    assert b"nan" not in done.stderr


def test_warns_in_one_line_each(recli, folder):
    save("odd.csv", user_id=["a"] * 4, item_id=["A", "B", "B", "Q"], rank=[1, 2, 3, 4])
    words = ["ndcg@10", "coverage@10", "--history", "history.csv", "-f", "table"]
    done = recli("evaluate", "odd.csv", "truth.csv", *words)
    warnings = [line for line in done.stderr.decode().splitlines() if "warning" in line]
    assert [line.partition("warning: ")[2] for line in warnings] == [
        "odd.csv: 1 of the first 10 places repeat an item of the same list; an item counts once, "
        "in its first place",
        "odd.csv: 1 items offered are in the user's history",
        "odd.csv: 1 items offered are not in the catalogue",
    ]
    save("new.csv", user_id=["a", "n"], item_id=["B", "B"])
    done = recli("evaluate", "recs.csv", "new.csv", "ndcg@5", "--history", "history.csv")
    assert b"1 of 2 users measured have no history" in done.stderr


def test_a_table_of_no_lists_scores_zero_and_meets_no_gate(recli, folder):
    save("none.csv", user_id=[], item_id=[], rank=[])
    (folder / "none.csv").write_text("user_id,item_id,rank\n")
    words = ["ndcg@5", "--min", "ndcg@5=0.01", "--json"]
    report = json.loads(recli("evaluate", "none.csv", "truth.csv", *words, check=3).stdout)
    assert report["metrics"][0]["value"] == 0
    assert report["users"]["without a list, counted as 0"] == 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["recs.csv", "truth.csv"], 2, "no metric asked for"),
        (["recs.csv", "ndcg@5"], 2, "lists and truth are two tables"),
        (["recs.csv", "truth.csv", "ndgc@5"], 2, "ndgc@5 is no metric; did you mean ndcg?"),
        (["recs.csv", "recs.csv", "truth.csv", "mrr@5"], 2, "would have one name"),
        (["recs.csv", "truth.csv", "coverage@5"], 2, "needs --items TABLE or --history TABLE"),
        (["recs.csv", "truth.csv", "mrr@5", "--max-drop", "mrr@5=0"], 2, "add --history TABLE"),
        (["recs.csv", "truth.csv", "mrr@5", "--baseline", "item-knn"], 2, "add --history TABLE"),
        (["recs.csv", "truth.csv", "novelty@5"], 2, "novelty@5 needs --history TABLE"),
        (["recs.csv", "truth.csv", "diversity@5"], 2, "diversity@5 needs --items TABLE"),
        (["recs.csv", "truth.csv", "mrr@5", "--by", "country"], 2, "add --users TABLE"),
        (["recs.csv", "truth.csv", "mrr@5", "--min", "mrr@5"], 2, "is no gate"),
        (["recs.csv", "history.csv", "mrr@5", "--graded"], 65, "has no column 'rating'"),
        (["history.csv", "truth.csv", "mrr@5"], 65, "neither a column 'rank' nor 'score'"),
        (["recs.csv", "gone.csv", "mrr@5"], 66, "gone.csv"),
        (["recs.csv", "truth.csv", "mrr@5", "--min-relevance", "11"], 65, "nothing relevant"),
        (
            ["recs.csv", "truth.csv", "diversity@5(by=brand)", "--items", "items.parquet"],
            65,
            "has no column 'brand'",
        ),
    ],
)
def test_refuses_in_one_line_with_a_remedy(recli, folder, words, code, message):
    done = recli("evaluate", *words, check=code)
    assert done.stdout == b""
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_ids_of_two_types_are_refused(recli, folder):
    pl.DataFrame({"user_id": [1], "item_id": [2]}).write_parquet("numbers.parquet")
    done = recli("evaluate", "recs.csv", "numbers.parquet", "mrr@5", check=65)
    assert b"--id-type" in done.stderr


def test_ids_may_be_numbers_and_ties_follow_their_size(recli, folder):
    pl.DataFrame({"user_id": [1, 1], "item_id": [10, 9], "score": [1.0, 1.0]}).write_parquet(
        "lists.parquet"
    )
    pl.DataFrame({"user_id": [1], "item_id": [9]}).write_parquet("happened.parquet")
    words = ["mrr@5", "--json"]
    report = json.loads(recli("evaluate", "lists.parquet", "happened.parquet", *words).stdout)
    assert report["metrics"][0]["value"] == 1


def test_a_hostile_name_is_shown_not_obeyed(recli, folder):
    save("a\x1b[31m.csv", user_id=["a"], item_id=["B"], rank=[1])
    done = recli("evaluate", "a\x1b[31m.csv", "recs.csv", "truth.csv", "mrr@1", "-f", "table")
    assert b"\x1b" not in done.stdout + done.stderr


def test_help_names_every_metric(recli):
    text = " ".join(recli("evaluate", "--help").stdout.decode().split())
    assert "calibration-error, catalogue-auc" in text
    assert "'NAME@K(CHOICE)'" in text
