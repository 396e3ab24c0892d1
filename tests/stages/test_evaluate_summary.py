"""What evaluate tells of the tables that it read, against counts of polars."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from recli.store.open import open_table, verified
from recli.store.span import span
from recli.tables import INTERACTIONS
from tests.conftest import run

METRICS = ("ndcg@5", "coverage@5")


def evaluated(folder: Path, *more: object) -> dict[str, Any]:
    tables = ("recs.parquet", "test.parquet", *METRICS, "--history", "train.parquet")
    found: dict[str, Any] = json.loads(run("evaluate", *tables, "--json", *more, cwd=folder).stdout)
    return found


@pytest.fixture(scope="module")
def report(funnel: Path) -> dict[str, Any]:
    return evaluated(funnel, "--items", "items.parquet")


def test_the_summary_counts_what_each_table_holds(report: dict[str, Any], funnel: Path) -> None:
    told = {one["role"]: one for one in report["summary"]}
    assert [*told] == ["lists", "truth", "history", "items"]
    for role, name in (("lists", "recs"), ("truth", "test"), ("history", "train")):
        rows = pl.read_parquet(funnel / f"{name}.parquet")
        found = rows.height, rows["user_id"].n_unique(), rows["item_id"].n_unique()
        assert tuple(told[role][key] for key in ("rows", "users", "items")) == found
        ends = [None, None]
        if "timestamp" in rows.columns:
            times = rows["timestamp"].min(), rows["timestamp"].max()
            ends = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in times]  # type: ignore[union-attr]
        assert [told[role]["first"], told[role]["last"]] == ends
    assert told["items"]["rows"] == told["items"]["items"] == 150
    assert told["items"]["users"] is None


def test_inputs_are_named_with_the_steps_that_made_them(report: dict[str, Any]) -> None:
    made = [(one["role"], one["where"], one["record"]["command"]) for one in report["inputs"]]
    assert made == [
        ("lists", "recs.parquet", "rank"),
        ("truth", "test.parquet", "split time"),
        ("history", "train.parquet", "split time"),
        ("items", "items.parquet", "ingest"),
    ]
    assert all(len(one["sha256"]) == 64 for one in report["inputs"])


def slow_curve(folder: Path, items: list[str]) -> dict[str, list[float]]:
    """Shares by decile, one item at a time."""
    history = pl.read_parquet(folder / "train.parquet")
    weight = dict.fromkeys(items, 0.0)
    given = history["weight"] if "weight" in history.columns else [1.0] * history.height
    for item, worth in zip(history["item_id"], given, strict=True):
        weight[item] += worth
    order = sorted(items, key=lambda item: (-weight[item], item))
    decile = {item: at * 10 // len(order) for at, item in enumerate(order)}
    recs = pl.read_parquet(folder / "recs.parquet").filter(pl.col("rank") <= 5)["item_id"]
    truth = pl.read_parquet(folder / "test.parquet")["item_id"]
    shares = {}
    wholes = {"exposure": recs, "truth": truth, "catalogue": pl.Series(items)}
    for name, whole in wholes.items():
        counts = [0] * 10
        for item in whole:
            counts[decile[item]] += 1
        shares[name] = [count / len(whole) for count in counts]
    counts = [sum(weight[item] for item in items if decile[item] == at) for at in range(10)]
    shares["history"] = [count / sum(weight.values()) for count in counts]
    return shares


def test_the_popularity_curve_is_what_a_slow_count_gives(
    report: dict[str, Any], funnel: Path
) -> None:
    items = pl.read_parquet(funnel / "items.parquet")["item_id"].to_list()
    rows = [one for one in report["popularity_curve"] if one["lists"] == "lists"]
    assert [one["popularity_decile"] for one in rows] == [*range(1, 11)]
    for name, shares in slow_curve(funnel, items).items():
        assert [one[f"share_of_{name}"] for one in rows] == pytest.approx(shares)
    popular = [one for one in report["popularity_curve"] if one["lists"] == "popularity"]
    assert popular[0]["share_of_exposure"] > 0.9


def test_there_is_no_curve_without_a_history(funnel: Path) -> None:
    words = ("evaluate", "recs.parquet", "test.parquet", "ndcg@5", "--json")
    assert json.loads(run(*words, cwd=funnel).stdout)["popularity_curve"] == []


def test_truth_outside_the_catalogue_is_in_no_decile(funnel: Path, tmp_path: Path) -> None:
    train = pl.read_parquet(funnel / "train.parquet")
    lost = train["item_id"].value_counts().sort("count", "item_id")["item_id"][-1]
    train.filter(pl.col("item_id") != lost).write_parquet(tmp_path / "train.parquet")
    for name in ("recs.parquet", "test.parquet"):
        (tmp_path / name).write_bytes((funnel / name).read_bytes())
    rows = evaluated(tmp_path)["popularity_curve"][:10]
    truth = pl.read_parquet(funnel / "test.parquet")["item_id"]
    outside = (~truth.is_in(train["item_id"].unique().implode()) | (truth == lost)).mean()
    assert outside
    assert sum(one["share_of_truth"] for one in rows) == pytest.approx(1 - outside)
    assert sum(one["share_of_catalogue"] for one in rows) == pytest.approx(1)


def test_times_are_found_where_a_footer_does_not_tell_them(funnel: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(funnel / "test.parquet")
    rows.write_parquet(tmp_path / "bare.parquet", statistics=False, row_group_size=500)
    told = span(open_table(str(funnel / "test.parquet"), INTERACTIONS))
    assert told == span(verified(tmp_path / "bare.parquet", INTERACTIONS))
    assert told == (rows["timestamp"].min(), rows["timestamp"].max())
    rows.clear().write_parquet(tmp_path / "none.parquet")
    assert span(verified(tmp_path / "none.parquet", INTERACTIONS)) is None
