"""Rules through the real command: alone, in a chain, in a pipe, and held to each other."""

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

ITEMS = ("--items", "items.parquet")
CAP = ("--by", "categories", "--max", 2, "--top", 5)


def table(folder: Path, name: str = "out") -> pl.DataFrame:
    return pl.read_parquet(folder / f"{name}.parquet")


def with_items(folder: Path, name: str = "out") -> pl.DataFrame:
    return table(folder, name).join(pl.read_parquet(folder / "items.parquet"), on="item_id")


def over_the_cap(folder: Path, name: str, most: int = 2) -> int:
    """Categories that stand too often in the first five of a list."""
    first = with_items(folder, name).filter(pl.col("rank") <= 5).explode("categories")
    return first.group_by("user_id", "categories").len().filter(pl.col("len") > most).height


@pytest.mark.parametrize(
    "lines",
    [
        [("cap", *CAP), ("mmr", "--by", "brand", "--lambda", 0.1)],
        [("mmr", "--by", "brand", "--lambda", 0.1), ("cap", *CAP)],
        [("cap", *CAP), ("boost", "--where", "price < 20", "--factor", 50)],
        [("cap", *CAP), ("pin", "--where", "price < 20", "--slots", "1,2,3,4,5")],
        [("cap", *CAP), ("quota", "--where", "price < 20", "--min", 5, "--top", 5)],
        [("cap", *CAP), ("filter", "--where", "price > 20"), ("mmr", "--by", "brand")],
    ],
)
def test_a_cap_holds_for_the_rest_of_the_pipe(  # type: ignore[no-untyped-def]
    lines, workplace: Path
) -> None:
    given = (workplace / "candidates.parquet").read_bytes()
    for line in lines:
        given = run("rerank", line[0], *ITEMS, *line[1:], cwd=workplace, input=given).stdout
    (workplace / "out.parquet").write_bytes(given)
    assert table(workplace).height
    assert over_the_cap(workplace, "candidates")
    assert not over_the_cap(workplace, "out")


def test_fallback_lists_keep_the_rules_as_well(workplace: Path) -> None:
    strangers = pl.read_parquet(workplace / "users.parquet").with_columns(
        user_id="new " + pl.col("user_id")
    )
    strangers.head(50).sort("user_id").write_parquet(workplace / "new.parquet")
    run("retrieve", "als.model", "--users", "new.parquet", "-o", "cold.parquet", cwd=workplace)
    cap = ("--by", "categories", "--max", 1, "--top", 5, "-o", "out.parquet")
    run("rerank", "cap", "cold.parquet", *ITEMS, *cap, cwd=workplace)
    assert set(table(workplace)["source"]) == {"fallback"}
    assert over_the_cap(workplace, "cold", 1)
    assert not over_the_cap(workplace, "out", 1)


def test_a_chain_gives_byte_for_byte_what_the_pipe_gives(workplace: Path) -> None:
    (workplace / "rules.toml").write_text(
        """
        [[rule]]
        rule = "bucket"
        salt = "test"
        [[rule]]
        rule = "cap"
        by = "categories"
        top = 5
        if = "bucket = 'B'"
        [[rule]]
        rule = "pin"
        where = "price < 20"
        slots = "2,4"
        [[rule]]
        rule = "mmr"
        by = "brand"
        lambda = 0.5
        """
    )
    run("rerank", "chain", "rules.toml", "candidates.parquet", *ITEMS, "-k", 10, "-o", "a.csv",
        cwd=workplace)  # fmt: skip
    given = (workplace / "candidates.parquet").read_bytes()
    for line in (
        ("bucket", "--salt", "test"),
        ("cap", "--by", "categories", "--top", 5, "--if", "bucket = 'B'", *ITEMS),
        ("pin", "--where", "price < 20", "--slots", "2,4", *ITEMS),
    ):
        given = run("rerank", *line, cwd=workplace, input=given).stdout
    last = ("mmr", "--by", "brand", "--lambda", 0.5, *ITEMS, "-k", 10, "-o", "b.csv")
    run("rerank", *last, cwd=workplace, input=given)
    assert (workplace / "a.csv").read_bytes() == (workplace / "b.csv").read_bytes()
    rows = pl.read_csv(workplace / "a.csv")
    assert set(rows["bucket"]) == {"A", "B"}
    assert rows.filter(pl.col("promoted"))["rank"].is_in([2, 4]).all()
    assert rows["promoted"].any()


def test_a_model_is_for_those_rules_of_a_chain_that_read_vectors(workplace: Path) -> None:
    rules = '[[rule]]\nrule = "mmr"\n[[rule]]\nrule = "dedupe"\nby = "title"\n'
    (workplace / "rules.toml").write_text(rules + '[[rule]]\nrule = "dpp"\nby = "brand"\n')
    line = ("rules.toml", "candidates.parquet", *ITEMS, "--model", "als.model", "-o", "out.csv")
    run("rerank", "chain", *line, cwd=workplace)
    assert pl.read_csv(workplace / "out.csv").height


def test_pinned_rows_stand_in_their_slots_and_are_marked(workplace: Path) -> None:
    line = ("--where", "price < 20", "--slots", "3,7")
    run("rerank", "pin", "candidates.parquet", *ITEMS, *line, "-o", "out.parquet", cwd=workplace)
    rows = with_items(workplace)
    there = rows.group_by("user_id").agg((pl.col("price") < 20).sum().alias("cheap"))
    rich = rows.join(there.filter(pl.col("cheap") >= 2), on="user_id")
    slots = rich.filter(pl.col("rank").is_in([3, 7]))
    assert slots.height
    assert (slots["price"] < 20).all()
    assert slots["promoted"].all()
    assert not rows.filter(~pl.col("rank").is_in([3, 7]))["promoted"].any()


@pytest.mark.parametrize(
    ("quota", "counts"),
    [
        (("--where", "price < 20", "--min", 3, "--top", 5), pl.col("price") < 20),
        (("--new-days", 60, "--min", 3, "--top", 5), None),
        (("--tail", 0.8, "--history", "train.parquet", "--min", 3, "--top", 5), None),
    ],
)
def test_a_quota_is_met_as_far_as_a_list_has_rows_for_it(  # type: ignore[no-untyped-def]
    quota, counts, workplace: Path
) -> None:
    run("rerank", "quota", "candidates.parquet", *ITEMS, *quota, "-o", "out.parquet", cwd=workplace)
    rows = with_items(workplace)
    if "--new-days" in quota:
        newest = pl.read_parquet(workplace / "items.parquet")["released"].max()
        counts = pl.col("released") >= pl.lit(newest) - pl.duration(days=60)
    if "--tail" in quota:
        popular = table(workplace, "train").group_by("item_id").len().sort("len", descending=True)
        before = popular["len"].cum_sum() - popular["len"]
        least = popular.filter(before < 0.8 * popular["len"].sum())["len"][-1]
        rows = rows.join(popular, on="item_id", how="left")
        counts = pl.col("len").fill_null(0) < least
    found = rows.group_by("user_id").agg(
        all=counts.sum(), first=(counts & (pl.col("rank") <= 5)).sum()
    )
    assert (found["first"] >= found["all"].clip(upper_bound=3)).all()
    assert found["all"].max() > 0


def test_each_brand_gets_its_share_of_the_first_places(workplace: Path) -> None:
    line = ("--by", "brand", "--min", 1, "--top", 20)
    done = run(
        "rerank", "quota", "candidates.parquet", *ITEMS, *line, "-o", "out.parquet", cwd=workplace
    )
    rows = with_items(workplace)
    brands = rows.group_by("user_id").agg(
        all=pl.col("brand").n_unique(),
        first=pl.col("brand").filter(pl.col("rank") <= 20).n_unique(),
    )
    assert (brands["first"] == brands["all"].clip(upper_bound=20)).all()
    below = int((brands["first"] < brands["all"]).sum())
    assert f"{below:,} lists below the quota" in done.stderr.decode()


def test_excluded_pairs_are_gone_and_all_others_stay(workplace: Path) -> None:
    pairs = table(workplace, "candidates").filter(pl.col("rank") % 2 == 1)
    pairs.select("user_id", "item_id").write_parquet(workplace / "pairs.parquet")
    line = ("candidates.parquet", "--pairs", "pairs.parquet", "-o", "out.parquet")
    run("rerank", "exclude", *line, cwd=workplace)
    keys = ["user_id", "item_id"]
    wanted = table(workplace, "candidates").join(pairs, on=keys, how="anti")
    assert table(workplace).select(keys).equals(wanted.sort("user_id", "rank").select(keys))


def test_duplicates_go_by_text_whatever_its_case_and_by_vectors(workplace: Path) -> None:
    items = pl.read_parquet(workplace / "items.parquet").with_row_index()
    titles = pl.format("{}Title {} ", pl.lit(" "), pl.col("index") // 3)
    shouted = pl.when(pl.col("index") % 2 == 0).then(titles.str.to_uppercase()).otherwise(titles)
    items.with_columns(title=shouted).drop("index").write_parquet(workplace / "items.parquet")
    line = ("candidates.parquet", "-o", "out.parquet")
    run("rerank", "dedupe", *line, *ITEMS, "--by", "title", cwd=workplace)
    kept = with_items(workplace).with_columns(pl.col("title").str.strip_chars().str.to_lowercase())
    assert not kept.select("user_id", "title").is_duplicated().any()
    first = with_items(workplace, "candidates").with_columns(
        pl.col("title").str.strip_chars().str.to_lowercase()
    )
    assert kept.height == first.select("user_id", "title").n_unique()
    run("rerank", "dedupe", *line, "--model", "als.model", "--nearness", 0.5, cwd=workplace)
    assert 0 < table(workplace).height < table(workplace, "candidates").height


def test_buckets_are_sticky_uniform_and_independent_of_each_other(workplace: Path) -> None:
    users = [f"u{number}" for number in range(20_000)]
    rows = {"user_id": users, "item_id": "i", "score": 1.0, "rank": 1}
    kinds = {"score": pl.Float32, "rank": pl.Int32}
    lists = pl.DataFrame(rows, schema_overrides=kinds).sort("user_id")
    lists.write_parquet(workplace / "lists.parquet")
    lists.sample(5_000, seed=1).sort("user_id").write_parquet(workplace / "some.parquet")
    shares = ("--shares", "A=0.2,B=0.3,C=0.5")
    found = {}
    for name, salt, source in (("one", "x", "lists"), ("two", "y", "lists"), ("some", "x", "some")):
        line = ("--salt", salt, *shares, "-o", f"{name}.out.parquet")
        run("rerank", "bucket", f"{source}.parquet", *line, cwd=workplace)
        found[name] = table(workplace, f"{name}.out").select("user_id", "bucket")
    both = found["one"].join(found["two"], on="user_id", suffix="_two")
    cells = both.group_by("bucket", "bucket_two").len()
    share = {"A": 0.2, "B": 0.3, "C": 0.5}
    for one, two, count in cells.rows():
        expected = len(users) * share[one] * share[two]
        assert abs(count - expected) < 5 * expected**0.5  # five standard deviations
    again = found["some"].join(found["one"], on="user_id", suffix="_whole")
    assert again.height == 5_000
    assert (again["bucket"] == again["bucket_whole"]).all()


def test_a_rule_for_one_bucket_leaves_the_other_lists_alone(workplace: Path) -> None:
    run("rerank", "bucket", "candidates.parquet", "--salt", "t", "-o", "b.parquet", cwd=workplace)
    line = ("b.parquet", *ITEMS, *CAP, "--if", "bucket = 'B'", "-o", "out.parquet")
    run("rerank", "cap", *line, cwd=workplace)
    before, after = table(workplace, "b"), table(workplace)
    same = pl.col("bucket") == "A"
    assert before.filter(same).equals(after.filter(same))
    assert not before.filter(~same).equals(after.filter(~same))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (("cap", "--by", "genre", *ITEMS), "no column 'genre'"),
        (("mmr", "--by", "brand", "--lambda", 1.5, *ITEMS), "--lambda must be"),
        (("quota", "--where", "price < 9", "--min", 3, "--top", 2, *ITEMS), "cannot stand in"),
        (("quota", "--where", "price < 9", "--by", "brand", *ITEMS), "give one of"),
        (("quota", "--where", "price < 9", "--top", 9, "-k", 5, *ITEMS), "leaves 5 places"),
        (("quota", "--tail", 0.8), "--history"),
        (("pin", "--where", "price < 9", "--slots", "3,3", *ITEMS), "a place twice"),
        (("pin", "--where", "price < 9", "--slots", "0", *ITEMS), "no places"),
        (("pin", "--where", "price < 9", "--slots", "12", "-k", 10, *ITEMS), "leaves 10 places"),
        (("exclude",), "--pairs"),
        (("dedupe", *ITEMS), "--by COLUMN, or --model"),
        (("dedupe", *ITEMS, "--by", "title", "--nearness", 0.5), "--nearness goes with"),
        (("truncate",), "nothing to do"),
        (("truncate", "--to", 5, "--model", "als.model"), "--model: no rule asks"),
        (("pin", "--where", "price < 9", "--mark", "(row)", *ITEMS), "no name for a column"),
        (("bucket", "--salt", "x", "--shares", "A=0.5,B=0.6"), "add up to 1"),
        (("bucket", "--salt", "x", "--column", "score"), "something else"),
        (("cap", *CAP, *ITEMS, "--pairs", "test.parquet"), "no rule asks"),
        (("cap", *CAP, *ITEMS, "--if", "price < 9"), "for some rows of user"),
        (("cap", *CAP, *ITEMS, "--plot", "x.svg"), "--curve"),
        (("cap", *CAP, *ITEMS, "--curve", "by=0:1:1"), "max, top"),
        (("cap", *CAP, *ITEMS, "--curve", "max=0:1:1"), "--max must be"),
        (("cap", *CAP, *ITEMS, "--curve", "max=1:2:0.5"), "whole number"),
        (("cap", *CAP, *ITEMS, "--curve", "max=1:2"), "FROM:TO:STEP"),
    ],
)
def test_what_cannot_be_is_said_before_work(  # type: ignore[no-untyped-def]
    line, says: str, workplace: Path
) -> None:
    words = ("rerank", line[0], "candidates.parquet", *line[1:], "-o", "out.parquet")
    done = run(*words, cwd=workplace, check=None)
    assert done.returncode in (2, 65)
    assert says in done.stderr.decode()
    assert not (workplace / "out.parquet").exists()


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (("quota", "--where", "price < 9", "--top", 9), ("truncate", "--to", 5), "speaks of 9"),
        (
            ("pin", "--where", "price < 9", "--slots", "3"),
            ("pin", "--where", "price > 9", "--slots", "3"),
            "both fill place 3",
        ),
        (
            ("cap", "--by", "brand", "--max", 1, "--top", 10),
            ("quota", "--by", "brand", "--min", 2, "--top", 10),
            "cannot both hold",
        ),
        (("cap", *CAP), ("truncate", "--to", 9), "of an earlier step holds"),
    ],
)
def test_rules_that_contradict_earlier_ones_are_refused(  # type: ignore[no-untyped-def]
    first, second, says: str, workplace: Path
) -> None:
    line = ("candidates.parquet", *ITEMS, *first[1:], "-o", "one.parquet")
    run("rerank", first[0], *line, cwd=workplace)
    items = () if "earlier step holds" in says else ITEMS
    done = run("rerank", second[0], "one.parquet", *items, *second[1:], cwd=workplace, check=None)
    assert done.returncode in (2, 65)
    assert says in done.stderr.decode()


def test_the_price_is_what_evaluate_measures(workplace: Path) -> None:
    line = ("--by", "categories", "--lambda", 0.3, *ITEMS, "--labels", "test.parquet", "-k", 10)
    done = run(
        "rerank", "mmr", "candidates.parquet", *line, "-o", "out.parquet", "--log-format", "json",
        cwd=workplace,
    )  # fmt: skip
    told = next(row for row in map(json.loads, done.stderr.splitlines()) if "before" in row)
    for name, key in (("candidates", "before"), ("out", "after")):
        found = run(
            "evaluate", f"{name}.parquet", "test.parquet", "coverage@10", "gini@10",
            "diversity@10", *ITEMS, "--json", cwd=workplace,
        )  # fmt: skip
        values = {row["metric"]: row["value"] for row in json.loads(found.stdout)["metrics"]}
        assert told[key]["coverage"] == pytest.approx(values["coverage"])
        assert told[key]["gini"] == pytest.approx(values["gini"])
        assert told[key]["diversity"] == pytest.approx(values["diversity"])


def test_a_curve_tells_what_each_value_would_do(workplace: Path) -> None:
    line = ("candidates.parquet", *ITEMS, "--by", "categories", "--labels", "test.parquet")
    curve = ("--curve", "lambda=0:1:0.5", "--plot", "curve.svg", "-o", "curve.parquet")
    done = run("rerank", "mmr", *line, *curve, cwd=workplace)
    rows = table(workplace, "curve")
    best = rows.slice(1).sort("ndcg", descending=True, maintain_order=True)["value"][0]
    assert f"NDCG is highest with --lambda {best:g}" in done.stderr.decode()
    assert rows["value"].to_list() == [None, 0.0, 0.5, 1.0]
    assert rows["diversity"][1] >= rows["diversity"][2] > rows["diversity"][3]
    assert rows.row(0, named=True)["ndcg"] == rows.row(3, named=True)["ndcg"]
    drawn = (workplace / "curve.svg").read_text()
    assert all(name in drawn for name in ("<svg", "NDCG", "diversity", "lambda"))
    assert drawn.count("<circle") == 3 * drawn.count("<polyline")


def test_a_curve_goes_on_where_lists_end_up_empty(workplace: Path) -> None:
    curve = ("--curve", "min-score=-100:100:100", "-o", "curve.parquet")
    run("rerank", "truncate", "candidates.parquet", "--to", 5, *curve, cwd=workplace)
    rows = table(workplace, "curve")
    assert rows["score"].is_null().to_list() == [False, False, False, True]
    assert rows["items"][3] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no rule"),
        ("rule = 3", "no list of tables"),
        ("[[rules]]", "no part of a file"),
        ("[[rule]]\nrule = 'cup'", "no rule 'cup'"),
        ("[[rule]]\nby = 'x'", "does not say which rule"),
        ("[[rule]]\nrule = 'freshness'\nhalf-life-days = 1\nhalf_life_days = 2", "twice"),
        ("[[rule]]\nrule = 'cap'\nbye = 'x'", "'by' is missing"),
        ("[[rule]]\nrule = 'cap'\nby = 'x'\nmax = 'two'", "'max' is 'two'"),
        ("[[rule]]\nrule = 'cap'\nby = 'x'\nmax = 2.5", "'max' is 2.5, not a whole number"),
        ("[[rule]]\nrule = 'cap'\nby = 'x'\nmax = 0", "rules.toml, rule 1: cap: --max must be"),
        ("[[rule]]\nrule = 'cap'\nby = 'x'\nmax = 99999999999999999999", "at most 922337203"),
        ("[[rule]\n", "cannot be read"),
    ],
)
def test_a_file_of_rules_is_checked_before_work(text: str, says: str, workplace: Path) -> None:
    (workplace / "rules.toml").write_text(text)
    done = run("rerank", "chain", "rules.toml", "candidates.parquet", cwd=workplace, check=78)
    assert says in done.stderr.decode()
