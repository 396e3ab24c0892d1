"""Funnels, cold matrices and columns of `evaluate --by` as a process."""

import io
import json

import polars as pl
import pytest

STAGES = ("candidates.parquet", "recs.parquet")
FUNNEL = ("--funnel", *STAGES, "test.parquet", "mrr@5", "--history", "train.parquet")
COLD = ("--history", "train.parquet", "--cold")


def text(done):
    """The lines of a report for people."""
    lines = done.stdout.decode().splitlines()
    assert lines
    return lines


def test_a_funnel_tells_what_each_stage_loses(recli, funnel):
    words = ["evaluate", "--funnel", *STAGES, "test.parquet", "ndcg@10", "recall@5"]
    done = recli(*words, "-f", "table", "--history", "train.parquet", cwd=funnel)
    lines = text(done)
    assert max(map(len, lines)) <= 80
    assert lines[0].split()[:5] == ["stage", "users", "length", "reached", "recall"]
    assert "1 retrieve als -k 50 (candidates.parquet)" in lines
    assert any(line.startswith("2 rank lambdamart -k 20") for line in lines)
    joined = " ".join(lines)
    assert "Of what users chose retrieval loses" in joined
    assert "ndcg@10 of the final lists is" in joined
    report = json.loads(recli(*words, "--json", cwd=funnel).stdout)
    first, second = report["funnel"]
    assert first["stage"] == "retrieve als -k 50"
    assert first["came_in"] == first["relevant"] == first["reached"] + first["lost"]
    assert second["came_in"] == first["reached"]
    assert second["gained"] == second["invented"] == 0
    assert second["low"] <= second["recall"] <= second["high"] <= first["high"]
    assert second["metrics"][0]["value"] <= second["oracle_ndcg"] <= first["oracle_ndcg"]
    assert {one["lists"] for one in report["metrics"]} == {*STAGES}
    recall = next(one for one in first["metrics"] if one["metric"] == "recall")
    assert recall["value"] <= first["recall"]


def test_a_funnel_is_a_table_of_its_own_and_may_begin_in_a_pipe(recli, funnel, tmp_path):
    words = ["evaluate", "--funnel", "-", "recs.parquet", "test.parquet", "ndcg@10"]
    given = (funnel / "candidates.parquet").read_bytes()
    csv = recli(*words, "-f", "csv", cwd=funnel, input=given).stdout
    rows = pl.read_csv(csv)
    assert rows["lists"].to_list() == ["standard input", "recs.parquet"]
    assert {"oracle_ndcg", "lost_points", "ndcg@10"} < {*rows.columns}
    recli(*words, "-o", tmp_path / "funnel.parquet", cwd=funnel, input=given)
    kept = pl.read_parquet(tmp_path / "funnel.parquet")
    assert kept["reached"].to_list() == rows["reached"].to_list()
    told = recli("inspect", tmp_path / "funnel.parquet", cwd=funnel).stdout
    assert b"kind: funnel" in told


def test_one_stage_has_a_ceiling_and_k_may_be_too_large(recli, funnel):
    words = ["evaluate", "--funnel", "candidates.parquet", "test.parquet", "ndcg@99"]
    done = recli(*words, "-f", "table", cwd=funnel)
    assert b"the longest list has 50 items, k is 99" in done.stderr
    assert "oracle: ndcg@99" in " ".join(text(done))


def test_a_cold_matrix_fits_a_terminal_and_adds_up(recli, funnel):
    words = ["evaluate", "recs.parquet", "test.parquet", "ndcg@10", *COLD]
    bands = ["--cold-history", "0,10,20,50,100,1000", "--cold-age", "1,2,4,8,16,32,64,128"]
    for more in ([], bands):
        lines = text(recli(*words, *more, "-f", "table", cwd=funnel))
        at = next(at for at, line in enumerate(lines) if line.startswith("history x age"))
        assert max(map(len, lines)) <= 80
        assert sum(line.startswith("ndcg@10 of lists, ±") for line in lines) == 1
        columns = [line for line in lines[at + 1 :] if line.startswith("history  ")]
        assert columns[0].split()[1] == "unseen"
    report = json.loads(recli(*words, "--json", cwd=funnel).stdout)
    cells = {(cell["history"], cell["age"]): cell for cell in report["cells"]}
    corner = cells["all", "all"]
    assert corner["metrics"] == report["metrics"]
    assert {one["lists"] for one in corner["metrics"]} > {"lists"}
    inner = [cell for key, cell in cells.items() if "all" not in key]
    assert sum(cell["interactions"] for cell in inner) == corner["interactions"]
    assert sum(cell["interactions_share"] for cell in inner) == pytest.approx(1)
    margin = [cell for (_, age), cell in cells.items() if age == "all"]
    assert sum(cell["users"] for cell in margin[:-1]) == corner["users"] == margin[-1]["users"]
    assert (cells["6-20", "all"]["history_low"], cells["6-20", "all"]["history_high"]) == (6, 20)


def test_cells_are_rows_beside_those_of_everybody(recli, funnel):
    words = ["evaluate", "recs.parquet", "test.parquet", "ndcg@10", "recall@10", *COLD]
    date = ["--items", "items.parquet", "--item-date", "released"]
    table = pl.read_parquet(io.BytesIO(recli(*words, *date, cwd=funnel).stdout))
    own = table.filter(pl.col("lists") == "lists", pl.col("metric") == "ndcg")
    everybody = own.filter(history="all", age="all")
    assert everybody.height == 1
    assert everybody["users_share"].item() is None
    assert own.height > 10
    assert own.select("history", "age").is_duplicated().sum() == 0
    cells = own.filter((pl.col("history") != "all") | (pl.col("age") != "all"))
    assert cells["interactions"].null_count() == 0


def test_several_columns_of_several_tables_at_once(recli, funnel):
    words = ["evaluate", "recs.parquet", "test.parquet", "recall@10", "--no-baseline"]
    tables = ["--users", "users.parquet", "--items", "items.parquet", "--history", "train.parquet"]
    asked = ["country", "joined:2", "history", "items.price:3", "event"]
    by = [word for one in asked for word in ("--by", one)]
    done = recli(*words, *tables, *by, "-f", "table", cwd=funnel)
    told = done.stdout.decode()
    assert "by country: country in users.parquet" in told
    assert "by items.price:3: price in items.parquet" in told
    report = json.loads(recli(*words, *tables, *by, "--json", cwd=funnel).stdout)
    assert [one["table"] for one in report["by"]] == ["users", "users", "history", "items", "truth"]
    found = {one: [] for one in [None, *asked]}
    for one in report["metrics"]:
        found[one["by"]].append(one)
    everybody = found[None][0]["users"]
    for one in ("country", "joined:2", "history"):
        assert sum(part["users"] for part in found[one]) == everybody
        assert all(part["low"] <= part["value"] <= part["high"] for part in found[one])
    prices = [part["segment"].split()[0] for part in found["items.price:3"]]
    assert (len(prices), prices[0], prices[-1]) == (3, "up", "above")
    table = pl.read_parquet(io.BytesIO(recli(*words, *tables, *by, cwd=funnel).stdout))
    assert {*table["by"].unique()} == {None, *asked}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["recs.parquet", "test.parquet", "mrr@5", "--cold"], 2, "add --history TABLE"),
        (["recs.parquet", "test.parquet", "mrr@5", "--cold-age", "7"], 2, "without --cold"),
        (["recs.parquet", "test.parquet", "mrr@5", *COLD, "--cold-age", "7,1"], 2, "rising"),
        (["recs.parquet", "test.parquet", "mrr@5", *COLD, "--cold-history", "1.5"], 2, "whole"),
        (["recs.parquet", "test.parquet", "mrr@5", *COLD, "--item-date", "x"], 2, "add --items"),
        (
            [
                *["recs.parquet", "test.parquet", "mrr@5", *COLD],
                *["--items", "items.parquet", "--item-date", "price"],
            ],
            65,
            "column 'price' is Float64, not a date",
        ),
        (["recs.parquet", "test.parquet", "mrr@5", "--by", "lists.user_id"], 2, "more than 200"),
        (["--funnel", *STAGES, "test.parquet", "--by", "event"], 2, "looks at everybody"),
        ([*FUNNEL, "--max-drop", "mrr@5=1%"], 2, "--funnel has no baselines"),
        ([*FUNNEL, "--baseline", "popularity"], 2, "--funnel has no baselines"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(recli, funnel, words, code, message):
    done = recli("evaluate", *words, cwd=funnel, check=code)
    assert done.stdout == b""
    lines = done.stderr.decode().strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]
