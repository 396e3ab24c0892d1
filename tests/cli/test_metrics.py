"""The metrics command: every metric, as its file declares it."""

import io
import json

import polars as pl
import pytest

from recli import registry

NAMES = registry.names("metrics")


def test_lists_every_metric_with_definition_range_and_source(recli):
    text = recli("metrics").stdout.decode()
    first = [
        line.partition("(")[0].partition("@")[0] for line in text.splitlines() if line[:1] > " "
    ]
    assert [line.partition("[")[0] for line in first] == [*NAMES]
    paragraph = next(part for part in text.split("\n\n") if part.startswith("ndcg@k"))
    assert paragraph.splitlines() == [
        "ndcg@k(gain=linear|exp)",
        "    Gain of the relevant items, discounted by place, as a share of the best order's.",
        "    0 to 1; more is better. Jarvelin and Kekalainen, TOIS 2002; exp: Burges et al., ICML "
        "2005.",
    ]


def test_tells_everything_of_those_that_are_named(recli):
    text = recli("metrics", "ndcg", "rbp").stdout.decode()
    assert "discount log2(place + 1)" in text
    assert "gain=linear|exp [default: linear]\n    Worth of an item of gain g" in text
    assert "p=FLOAT [default: 0.8]" in text
    done = recli("metrics", "ndgc", check=2)
    assert b"no metric 'ndgc'; did you mean ndcg?" in done.stderr


@pytest.mark.parametrize("form", ["csv", "parquet", "ndjson"])
def test_is_a_table_for_programs(recli, form):
    made = io.BytesIO(recli("metrics", "-f", form).stdout)
    table = getattr(pl, f"read_{form}")(made)
    assert table["metric"].to_list() == [*NAMES]
    row = table.row(by_predicate=pl.col("metric") == "rmse", named=True)
    assert row["better"] == "less"
    assert row["needs"] == "score, rating of truth"


def test_json_is_one_versioned_object(recli, tmp_path):
    recli("metrics", "rbp", "--json", "-o", "rbp.json", cwd=tmp_path)
    report = json.loads((tmp_path / "rbp.json").read_text())
    assert report["format"] == 1
    [one] = report["metrics"]
    assert one["choices"][0]["default"] == 0.8
    assert one["written"] == "rbp@k(p=0.8)"
    assert recli("metrics", "--json", "-f", "csv", check=2).stdout == b""


def test_its_json_is_not_taken_for_a_measurement(recli, tmp_path):
    recli("metrics", "rbp", "--json", "-o", "rbp.json", cwd=tmp_path)
    assert b"rbp@k(p=0.8)" in recli("report", "rbp.json", cwd=tmp_path).stdout
