"""Labels, weights and objectives through the real commands."""

import json
import shutil
from pathlib import Path

import polars as pl

from tests.cli.rank.conftest import LISTED, PAST, QUICK, TABLES, TRAIN, USERS, ranked
from tests.conftest import Command


def test_a_blend_of_objectives_ranks_and_says_what_it_is(
    recli: Command, planted: Path, tmp_path: Path
) -> None:
    work = Path(shutil.copytree(planted, tmp_path / "work"))
    labels = pl.read_parquet(work / "labels.parquet")
    dear = pl.col("item_id").str.slice(1).cast(pl.Int32) % 3 == 0
    event = pl.when(dear).then(pl.lit("purchase")).otherwise(pl.lit("click"))
    labels.with_columns(event=event).write_parquet(work / "labels.parquet")
    events = ("--label", "click:1", "--label", "purchase:5", "--objective-weights", "1,3")
    weights = ("--weights", "recency:7d", "--positive-weight", "balanced")
    line = (*TRAIN, *PAST, *TABLES, *QUICK, *events, *weights, "--calibrate", "platt")
    recli(*line, "-o", "ranker.model", cwd=work)
    manifest = json.loads((work / "ranker.model" / "manifest.json").read_text())
    assert [one["event"] for one in manifest["objectives"]] == ["click", "purchase"]
    assert [one["weight"] for one in manifest["objectives"]] == [1, 3]
    assert {"objective-1-model.txt", "objective-2-model.txt"} <= set(manifest["files"])
    found = ranked(recli, work, "-k", LISTED)
    assert found["score"].is_between(0, 1).all()
    assert found.height == USERS * LISTED
    truth = pl.read_parquet(work / "truth.parquet").filter(dear)
    top = found.filter(pl.col("rank") <= 3)
    by_chance = found.join(truth, on=["user_id", "item_id"], how="semi").height / found.height
    hits = top.join(truth, on=["user_id", "item_id"], how="semi").height / top.height
    assert hits > 4 * by_chance
