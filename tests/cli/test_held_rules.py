"""Rules that are held across a pipe, and columns that rules and tables both have."""

from pathlib import Path

import polars as pl
import pytest

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


def test_buckets_need_nothing_of_a_cap_before_them_and_it_holds_after_them(
    workplace: Path,
) -> None:
    cap = ("--by", "categories", "--max", 2, "--top", 5, *ITEMS, "-o", "capped.parquet")
    run("rerank", "cap", "candidates.parquet", *cap, cwd=workplace)
    run("rerank", "bucket", "capped.parquet", "--salt", "x", "-o", "out.parquet", cwd=workplace)
    assert table(workplace, "out").drop("bucket").equals(table(workplace, "capped"))
    more = ("--where", "score > 0", "--factor", 2, "-o", "more.parquet")
    done = run("rerank", "boost", "out.parquet", *more, cwd=workplace, check=None)
    assert b"holds for these lists" in done.stderr


@pytest.mark.parametrize("rule", ["xquad", "calibrated"])
def test_a_rule_may_ask_for_the_column_that_a_held_rule_asks_for(
    rule: str, workplace: Path
) -> None:
    pin = ("--where", "brand is null", "-o", "pinned.parquet")  # holds for no row
    run("rerank", "pin", "candidates.parquet", *ITEMS, *pin, cwd=workplace)
    for name in ("pinned", "candidates"):
        line = (f"{name}.parquet", *ITEMS, *PAST, "--by", "brand", "-o", f"{name}.out.parquet")
        run("rerank", rule, *line, cwd=workplace)
    alone = table(workplace, "candidates.out")
    assert table(workplace, "pinned.out").drop("promoted").equals(alone)


def test_the_mark_of_a_pin_hides_a_column_of_items_in_a_chain_too(workplace: Path) -> None:
    marked = table(workplace, "items").with_columns(promoted=pl.lit(value=False))
    marked.write_parquet(workplace / "items.parquet")
    rules = (("pin", "--where", "price < 20", "--slots", "2"), ("filter", "--where", "promoted"))
    given = (workplace / "candidates.parquet").read_bytes()
    for rule in rules:
        given = run("rerank", *rule, *ITEMS, cwd=workplace, input=given).stdout
    (workplace / "pipe.parquet").write_bytes(given)
    (workplace / "rules.toml").write_text(
        "[[rule]]\nrule = 'pin'\nwhere = 'price < 20'\nslots = '2'\n"
        "[[rule]]\nrule = 'filter'\nwhere = 'promoted'\n"
    )
    line = ("rules.toml", "candidates.parquet", *ITEMS, "-o", "chain.parquet")
    run("rerank", "chain", *line, cwd=workplace)
    assert table(workplace, "chain").height
    assert table(workplace, "chain").equals(table(workplace, "pipe"))


def test_a_condition_asks_about_ranks_as_they_came(workplace: Path) -> None:
    came = table(workplace, "candidates").rename({"rank": "came"}).drop("score")
    for rule in (("filter",), ("pin", "--slots", "2")):
        line = ("candidates.parquet", "--where", "rank > 5", "-o", "out.parquet")
        run("rerank", rule[0], *rule[1:], *line, cwd=workplace)
        rows = table(workplace, "out").join(came, on=["user_id", "item_id"])
        assert rows.filter(pl.col("rank") == 2)["came"].unique().to_list() == (
            [7] if rule[0] == "filter" else [6]
        )
    assert rows.filter("promoted")["came"].unique().to_list() == [6]
    line = ("candidates.parquet", "--where", "rank > 5")
    done = run("rerank", "quota", *line, cwd=workplace, check=2)
    assert "asks about rank" in done.stderr.decode()


def test_an_item_that_a_list_names_twice_is_not_drawn_for(workplace: Path) -> None:
    rows = table(workplace, "candidates")
    pl.concat([rows, rows.head(1)]).sort("user_id", "rank").write_parquet(workplace / "twice")
    line = ("twice", "--slots", "2", "--day", "2026-01-31", "-o", "out.parquet")
    done = run("rerank", "explore", "epsilon-greedy", *line, cwd=workplace, check=65)
    assert f"has item {rows['item_id'][0]!r} twice" in done.stderr.decode()


def test_a_slot_far_below_the_end_of_every_list_costs_nothing(workplace: Path) -> None:
    line = ("candidates.parquet", "--slots", "2,1000000000000", "--day", "2026-01-31")
    run("rerank", "explore", "epsilon-greedy", *line, "-o", "out.parquet", cwd=workplace)
    ids = ["user_id", "item_id", "score", "rank"]
    assert table(workplace, "out").select(ids).equals(table(workplace, "candidates").select(ids))


def test_why_names_the_rules_of_a_chain_and_its_own_cut(workplace: Path) -> None:
    (workplace / "rules.toml").write_text(
        "[[rule]]\nrule = 'truncate'\nto = 40\n[[rule]]\nrule = 'truncate'\nto = 30\nk = 10\n"
    )
    chain = run("rerank", "chain", "rules.toml", "candidates.parquet", cwd=workplace).stdout
    run("rerank", "truncate", "--to", 5, "-o", "out.parquet", cwd=workplace, input=chain)
    eleventh = table(workplace, "candidates").filter(pl.col("rank") == 11).row(0)
    line = ("out.parquet", *eleventh[:2], "--stage", "candidates.parquet")
    page = " ".join(run("why", *line, cwd=workplace).stdout.decode().split())
    told = "moved below the first 10 that `rerank chain (truncate --to 40, truncate --to 30 -k 10)`"
    assert told in page
