"""Rules that are held across a pipe, and columns that rules and tables both have."""

from pathlib import Path

import polars as pl

from tests.conftest import run

ITEMS = ("--items", "items.parquet")
PAST = ("--history", "train.parquet")


def table(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def test_a_quota_for_the_tail_holds_for_the_rest_of_the_pipe(workplace: Path) -> None:
    tail = ("--tail", 0.8, "--min", 3, "--top", 5)
    run("rerank", "quota", "candidates.parquet", *PAST, *tail, "-o", "q.parquet", cwd=workplace)
    order = ("--where", "price > 0", "--factor", 2, *ITEMS, *PAST)
    run("rerank", "boost", "q.parquet", *order, "-o", "out.parquet", cwd=workplace)
    counts = table(workplace, "train").group_by("item_id").len().sort("len", descending=True)
    before = counts.with_columns(before=pl.col("len").cum_sum() - pl.col("len"))
    least = before.filter(pl.col("before") < 0.8 * counts["len"].sum())["len"].min()
    rows = table(workplace, "out").join(counts, on="item_id", how="left")
    few = pl.col("len").fill_null(0) < least
    told = rows.group_by("user_id").agg(
        there=few.sum().clip(upper_bound=3), first=(few & (pl.col("rank") <= 5)).sum()
    )
    assert told["there"].sum()
    assert (told["first"] >= told["there"]).all()
    slots = ("--slots", "6", "--day", "2026-01-31", *PAST, "-o", "drawn.parquet")
    run("rerank", "explore", "epsilon-greedy", "out.parquet", *slots, cwd=workplace)
