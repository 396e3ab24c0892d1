"""`compare`, and the verdict of `evaluate`, through the real command."""

import io
import json

import polars as pl
import pytest

from recli.store import text

USERS = [f"u{at:02}" for at in range(60)]


def save(name, **columns):
    pl.DataFrame({key: list(values) for key, values in columns.items()}).write_csv(name)


def offered(name, items):
    """A list of one item for each user."""
    save(name, user_id=USERS, item_id=items, rank=[1] * len(USERS))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Lists that are always right, right for a third, for another third, and never."""
    monkeypatch.chdir(tmp_path)
    save("truth.csv", user_id=USERS, item_id=["A"] * 60)
    offered("right.csv", ["A"] * 60)
    offered("third.csv", ["A", "B", "B"] * 20)
    offered("other.csv", ["B", "A", "B"] * 20)
    offered("wrong.csv", ["B"] * 60)
    save("history.csv", user_id=[*USERS, "x"], item_id=["C"] * 60 + ["B"])
    return tmp_path


def test_tells_better_from_worse_from_chance(recli, folder):
    words = ["right.csv", "third.csv", "other.csv", "wrong.csv", "truth.csv", "hit-rate@1"]
    done = recli("compare", *words, "--baseline", "third.csv", "--json")
    report = json.loads(done.stdout)
    assert report["command"] == "compare"
    assert report["lists"] == ["right.csv", "third.csv", "other.csv", "wrong.csv"]
    assert report["baselines"] == []
    found = {one["lists"]: one for one in report["comparisons"]}
    assert {name: one["verdict"] for name, one in found.items()} == {
        "right.csv": "better",
        "other.csv": "not told apart",
        "wrong.csv": "worse",
    }
    right = found["right.csv"]
    assert right["difference"] == pytest.approx(2 / 3)
    assert right["relative"] == pytest.approx(2)
    assert right["p_value"] == 1 / 10_000
    assert right["p_adjusted"] == pytest.approx(3 / 10_000)
    assert found["other.csv"]["p_value"] == 1
    assert right["users"] == 60
    assert report["verdict"][0] == (
        f"right.csv: better than third.csv on hit-rate@1 (+0.6667 [+{right['low']:.4f}, "
        f"+{right['high']:.4f}], p < 0.001)"
    )


def test_a_table_holds_every_metric_beside_the_first_lists(recli, folder):
    words = ["third.csv", "right.csv", "truth.csv", "hit-rate@1", "coverage@1"]
    done = recli("compare", *words, "--history", "history.csv", "--no-baseline")
    rows = pl.read_parquet(io.BytesIO(done.stdout))
    assert rows.select("metric", "lists", "baseline", "verdict").rows() == [
        ("hit-rate", "right.csv", "third.csv", "better"),
        ("coverage", "right.csv", "third.csv", None),
    ]
    assert rows["value"].to_list() == [1, 0]
    assert rows["baseline_value"].to_list() == [pytest.approx(1 / 3), 0.5]
    assert b"verdict: right.csv: better than third.csv on hit-rate@1" in done.stderr
    recli("compare", *words, "--history", "history.csv", "--no-baseline", "-o", "found.csv")
    assert b"kind: comparisons" in recli("inspect", "found.csv").stdout


def test_popularity_and_item_knn_stand_beside(recli, folder):
    words = ["right.csv", "truth.csv", "hit-rate@1", "--history", "history.csv", "--json"]
    report = json.loads(recli("compare", *words, "--baseline", "third.csv").stdout)
    assert report["lists"] == ["third.csv", "right.csv", "popularity", "item-knn"]
    assert report["baselines"] == ["popularity", "item-knn"]
    assert {one["baseline"] for one in report["comparisons"]} == {"third.csv"}
    assert len(report["verdict"]) == 1
    alone = json.loads(recli("compare", *words, "--baseline", "popularity").stdout)
    assert {one["lists"] for one in alone["comparisons"]} == {"lists", "item-knn"}
    assert alone["comparisons"][0]["verdict"] == "better"


GATES = [
    ("hit-rate@1=66.6%", 3, "is 0.333333, right.csv has 1: -0.6667"),
    ("hit-rate@1=0.67", 0, ""),
    ("coverage@1=0", 0, ""),
]


@pytest.mark.parametrize(("gate", "code", "message"), GATES)
def test_a_drop_below_the_baseline_ends_with_3(recli, folder, gate, code, message):
    words = ["right.csv", "other.csv", "truth.csv", "hit-rate@1", "--history", "history.csv"]
    done = recli("compare", *words, "--max-drop", gate, "--json", check=code)
    report = json.loads(done.stdout)
    assert [one["met"] for one in report["gates"]] == [code == 0]
    assert report["gates"][0]["relative"] == gate.endswith("%")
    assert message in done.stderr.decode()


def test_evaluate_has_the_gate_beside_each_of_its_baselines(recli, folder):
    words = ["truth.csv", "hit-rate@1", "--history", "history.csv", "--max-drop", "hit-rate@1=0"]
    recli("evaluate", "right.csv", *words)
    save("history.csv", user_id=["x", "y"], item_id=["A", "A"])
    done = recli("evaluate", "third.csv", *words, check=3)
    assert b"hit-rate@1 of lists is 0.333333, popularity has 1: -0.6667" in done.stderr
    # Whoever has no history is offered what is popular by item-knn too.
    assert b"item-knn has 1: -0.6667" in done.stderr


def test_of_errors_less_is_better(recli, folder):
    rated = {"user_id": USERS, "item_id": ["A"] * 60}
    save("rated.csv", **rated, rating=[1.0, 4.0] * 30)
    save("near.csv", **rated, score=[1.5, 3.5] * 30)
    save("far.csv", **rated, score=[3.0, 2.0] * 30)
    words = ["near.csv", "rated.csv", "rmse", "mae", "--baseline", "far.csv"]
    report = json.loads(recli("compare", *words, "--json").stdout)
    assert [one["verdict"] for one in report["comparisons"]] == ["better", "better"]
    assert report["comparisons"][0]["difference"] == pytest.approx(-1.5)
    assert report["verdict"][0].startswith("near.csv: better than far.csv on rmse (-1.5000")
    back = ["far.csv", "rated.csv", "rmse", "--baseline", "near.csv"]
    done = recli("compare", *back, "--max-drop", "rmse=1.4", check=3)
    assert b"rmse of far.csv is 2, near.csv has 0.5" in done.stderr
    recli("compare", *back, "--max-drop", "rmse=1.5")
    # Only pairs that both of them score are compared.
    save("half.csv", user_id=USERS[:30], item_id=["A"] * 30, score=[1.5, 3.5] * 15)
    words = ["half.csv", "rated.csv", "rmse", "--baseline", "far.csv", "--json"]
    (one,) = json.loads(recli("compare", *words).stdout)["comparisons"]
    assert (one["users"], one["value"], one["baseline_value"]) == (30, 0.5, 2.0)


LONG = "a-folder-with-a-long-name/" * 3
CASES = [("evaluate", ["right.csv"]), ("evaluate", ["a", "b"]), ("compare", ["wrong.csv", "a"])]


@pytest.mark.parametrize(("command", "lists"), CASES)
def test_a_report_fits_80_columns_and_says_what_is_better(recli, folder, command, lists):
    (folder / LONG).mkdir(parents=True)
    paths = {name: f"{LONG}lists-of-{name}-in-november.csv" for name in "ab"}
    offered(paths["a"], ["A"] * 60)
    offered(paths["b"], ["B"] * 60)
    words = [*(paths.get(name, name) for name in lists), "truth.csv", "hit-rate@1"]
    more = ["ndcg@1(exp)", "ndcg@1", "coverage@1", "--history", "history.csv", "-f", "table"]
    lines = recli(command, *words, *more).stdout.decode().splitlines()
    # A path is never broken: it may be longer than a line.
    wide = [line for line in lines if text.width(line) > 80]
    assert all(len(line.split()) == 1 for line in wide)
    said = " ".join(" ".join(lines).split())
    assert said.startswith("verdict: ")
    assert "better than" in said
    assert "marks: + better, - worse, = not told apart" in said
    assert any(line.startswith("+") or line.split(" ++ ")[1:] for line in lines)


def test_equal_lists_are_not_called_better(recli, folder):
    offered("same.csv", ["A"] * 60)
    words = ["same.csv", "truth.csv", "hit-rate@1", "--baseline", "right.csv", "-f", "table"]
    lines = recli("compare", *words).stdout.decode().splitlines()
    assert lines[0] == "verdict: same.csv: not told apart from right.csv on hit-rate@1 (+0.0000"
    assert any(line.startswith("=  same.csv") for line in lines)


def test_lists_may_come_from_a_pipe(recli, folder):
    given = (folder / "right.csv").read_bytes()
    words = ["-", "truth.csv", "hit-rate@1", "--baseline", "wrong.csv", "--json"]
    report = json.loads(recli("compare", *words, input=given).stdout)
    assert report["lists"] == ["wrong.csv", "standard input"]
    piped = ["right.csv", "truth.csv", "hit-rate@1", "--baseline", "-", "--json"]
    report = json.loads(recli("compare", *piped, input=given).stdout)
    assert report["comparisons"][0]["baseline"] == "standard input"


TWO = ["right.csv", "wrong.csv", "truth.csv"]
WRONG = [
    (["right.csv", "truth.csv", "mrr@1"], 2, "nothing beside right.csv to compare it with"),
    (["right.csv", "mrr@1"], 2, "lists and truth are two tables"),
    ([*TWO, "mrr@1", "--baseline", "item-knn"], 2, "add --history TABLE"),
    ([*TWO, "mrr@1", "--baseline", "gone.csv"], 66, "gone.csv"),
    ([*TWO, "mrr@1", "--max-drop", "mrr@1=-1"], 2, "is no gate"),
]


@pytest.mark.parametrize(("words", "code", "message"), WRONG)
def test_refuses_in_one_line_with_a_remedy(recli, folder, words, code, message):
    done = recli("compare", *words, check=code)
    assert done.stdout == b""
    (line,) = done.stderr.decode().strip().splitlines()
    assert message in line


def test_item_knn_is_what_its_own_commands_make(recli, funnel, tmp_path):
    train, test = funnel / "train.parquet", funnel / "test.parquet"
    recli("train-item-knn", train, "-o", tmp_path / "knn.model", "-q")
    lists = tmp_path / "knn.parquet"
    more = ["--users", test, "--history", train, "-k", 10]
    recli("retrieve", tmp_path / "knn.model", *more, "-o", lists, "-q")
    words = [lists, test, "ndcg@10", "recall@5", "novelty@10", "--history", train]
    report = json.loads(recli("evaluate", *words, "--json").stdout)
    values = {(one["lists"], one["metric"]): one["value"] for one in report["metrics"]}
    for metric in ("ndcg", "recall", "novelty"):
        assert values["item-knn", metric] == values["lists", metric] > 0
    beside = [one for one in report["comparisons"] if one["baseline"] == "item-knn"]
    assert [one["difference"] for one in beside] == [0, 0, 0]


def test_a_history_that_item_knn_refuses_leaves_it_out(recli, folder):
    save("history.csv", user_id=["x", "y"], item_id=["A", "B"], weight=[0.0, 1.0])
    words = ["right.csv", "truth.csv", "hit-rate@1", "--history", "history.csv"]
    done = recli("evaluate", *words, "--json")
    assert json.loads(done.stdout)["baselines"] == ["popularity"]
    assert b"warning: item-knn is left out: item-knn: 1 pairs of user and item" in done.stderr
    recli("compare", *words, "--baseline", "item-knn", check=65)


def test_an_empty_history_offers_nothing(recli, folder):
    (folder / "history.csv").write_text("user_id,item_id\n")
    words = ["right.csv", "truth.csv", "hit-rate@1", "--history", "history.csv", "--json"]
    report = json.loads(recli("evaluate", *words).stdout)
    assert {one["lists"]: one["value"] for one in report["metrics"]} == {
        "lists": 1,
        "popularity": 0,
        "item-knn": 0,
    }
