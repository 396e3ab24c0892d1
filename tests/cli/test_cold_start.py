"""Answers of new users, new items and users with short lists, through the command."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import run

BASE = ("retrieve", "als.model", "-k", 10)
HISTORY = ("--history", "train.parquet")


def rows(folder: Path, name: str = "out.parquet") -> pl.DataFrame:
    return pl.read_parquet(folder / name)


def out(name: str = "out.parquet") -> tuple[str, str]:
    return "-o", name


@pytest.fixture
def seeds(workplace: Path) -> pl.DataFrame:
    """What two newcomers and somebody who is known answered."""
    items = rows(workplace, "train.parquet")["item_id"].unique().sort().to_list()
    known = rows(workplace, "train.parquet")["user_id"][0]
    answers = [("~b", items[0]), ("~b", items[3]), ("~a", items[5]), (known, items[7])]
    table = pl.DataFrame(answers, ["user_id", "item_id"], orient="row")
    table.write_csv(workplace / "seeds.csv")
    return table.sort("user_id", maintain_order=True)


@pytest.fixture
def fresh(workplace: Path) -> pl.DataFrame:
    """Two items that are new, of brands that are not, and one of no brand at all."""
    items = rows(workplace, "items.parquet")
    trained = rows(workplace, "train.parquet")["item_id"].unique()
    like = items.filter(pl.col("item_id").is_in(trained.implode()) & pl.col("brand").is_not_null())
    known = items.filter(pl.col("item_id").is_in(trained.implode()))
    new = like.head(2).with_columns(item_id=pl.Series(["!new", "~new"]))
    bare = new.head(1).with_columns(item_id=pl.lit("~bare"), brand=pl.lit(None, pl.String))
    pl.concat([known, new, bare]).write_parquet(workplace / "more.parquet")
    return new


def test_who_only_answered_is_asked_for_too(seeds: pl.DataFrame, workplace: Path) -> None:
    run(*BASE, *HISTORY, "--seed-items", "seeds.csv", *out(), cwd=workplace)
    found = rows(workplace)
    everybody = {*rows(workplace, "train.parquet")["user_id"], "~a", "~b"}
    assert found["user_id"].unique(maintain_order=True).to_list() == sorted(everybody)
    assert set(found.filter(pl.col("user_id") > "~")["status"]) == {"folded"}
    assert found.join(seeds, on=["user_id", "item_id"], how="semi").is_empty()
    run(*BASE, *HISTORY, *out("plain.parquet"), cwd=workplace)
    others = pl.col("user_id").is_in(seeds["user_id"].implode()).not_()
    assert found.filter(others).equals(rows(workplace, "plain.parquet").filter(others))


def test_answers_alone_say_who_is_asked_for(seeds: pl.DataFrame, workplace: Path) -> None:
    run(*BASE, "--seed-items", "seeds.csv", *out(), cwd=workplace)
    found = rows(workplace)
    assert found["user_id"].unique(maintain_order=True).equals(seeds["user_id"].unique().sort())
    statuses = dict(found.select("user_id", "status").iter_rows())
    assert list(statuses.values()) == ["known", "folded", "folded"]


def test_with_users_only_they_are_asked_for(seeds: pl.DataFrame, workplace: Path) -> None:
    pl.DataFrame({"user_id": ["~b", "~c"]}).write_parquet(workplace / "asked.parquet")
    line = (*BASE, "--users", "asked.parquet", "--seed-items", "seeds.csv", *HISTORY)
    run(*line, *out(), cwd=workplace)
    statuses = dict(rows(workplace).select("user_id", "status").iter_rows())
    assert statuses == {"~b": "folded", "~c": "fallback"}
    piped = (workplace / "seeds.csv").read_bytes()
    line = (*BASE, "--users", "asked.parquet", "--seed-items", "-", *HISTORY)
    run(*line, *out("piped.parquet"), cwd=workplace, input=piped)
    assert rows(workplace).equals(rows(workplace, "piped.parquet"))


def test_answers_without_a_rating_are_refused_where_ratings_are_read(
    seeds: pl.DataFrame, workplace: Path
) -> None:
    run("train-user-knn", "train.parquet", "-o", "stars.model", "--values", "rating", cwd=workplace)
    line = ("retrieve", "stars.model", "--seed-items", "seeds.csv", *out())
    done = run(*line, cwd=workplace, check=65)
    assert b"seeds.csv has no column 'rating', and stars.model reads it" in done.stderr
    seeds.with_columns(rating=5.0).write_csv(workplace / "seeds.csv")
    run(*line, cwd=workplace)
    assert "~a" in rows(workplace)["user_id"].to_list()


def test_answers_need_no_time_where_age_counts(seeds: pl.DataFrame, workplace: Path) -> None:
    line = ("train-content", "train.parquet", "--items", "items.parquet", "-o", "content.model")
    run(*line, "--half-life-days", 3, cwd=workplace)
    line = ("retrieve", "content.model", "-k", 5, *HISTORY, "--seed-items", "seeds.csv", *out())
    run(*line, cwd=workplace)
    assert rows(workplace).filter(pl.col("user_id") == "~b").height == 5
    assert seeds.height == 4


@pytest.mark.parametrize("how", ["brand", "categories", "content"])
def test_new_items_are_offered_and_told_from_known_ones(
    how: str, fresh: pl.DataFrame, workplace: Path
) -> None:
    line = ("retrieve", "als.model", "-k", 500, *HISTORY, "--items", "more.parquet")
    done = run(*line, "--cold-items", how, *out(), cwd=workplace)
    found = rows(workplace)
    new = found.filter(pl.col("item_status") == "cold")
    expected = {*fresh["item_id"]} | ({"~bare"} if how != "brand" else set())
    assert set(new["item_id"]) == expected
    if how == "brand":
        assert b"1 of the 3 items of more.parquet that are new to als.model" in done.stderr
    run("retrieve", "als.model", "-k", 500, *HISTORY, *out("plain.parquet"), cwd=workplace)
    plain = rows(workplace, "plain.parquet")
    kept = found.filter(pl.col("item_status") == "known").select(plain.columns)
    assert kept.drop("rank").equals(plain.drop("rank"))


def test_a_new_item_scores_as_the_mean_of_its_brand(fresh: pl.DataFrame, workplace: Path) -> None:
    line = ("retrieve", "als.model", "-k", 500, *HISTORY, "--keep-seen", "--items", "more.parquet")
    run(*line, "--cold-items", "brand", *out(), cwd=workplace)
    found = rows(workplace).join(rows(workplace, "more.parquet"), on="item_id")
    brand = fresh.filter(pl.col("item_id") == "~new")["brand"][0]
    means = (
        found.filter((pl.col("brand") == brand) & (pl.col("item_status") == "known"))
        .group_by("user_id", maintain_order=True)
        .agg(pl.col("score").cast(pl.Float64).mean())
    )
    scores = found.filter(pl.col("item_id") == "~new")
    difference = scores.join(means, on="user_id").select(pl.col("score") - pl.col("score_right"))
    assert difference.height == means.height
    assert difference.to_series().abs().max() < 1e-5


def test_the_same_bytes_with_two_jobs_or_an_index(fresh: pl.DataFrame, workplace: Path) -> None:
    more = (*HISTORY, "-k", 20, "--items", "more.parquet", "--cold-items", "brand")
    run("retrieve", "als.model", *more, *out("one.parquet"), cwd=workplace)
    run("retrieve", "als.model", *more, *out("two.parquet"), "--jobs", 2, cwd=workplace)
    assert (workplace / "one.parquet").read_bytes() == (workplace / "two.parquet").read_bytes()
    line = ("build-index", "ivf", "als.model", "-o", "ivf.index", "--target-recall", 1, "-k", 50)
    run(*line, cwd=workplace)
    run("retrieve", "ivf.index", *more, *out("ivf.parquet"), cwd=workplace)
    assert rows(workplace, "one.parquet").equals(rows(workplace, "ivf.parquet"))
    assert "~new" in rows(workplace, "one.parquet")["item_id"].to_list()
    assert fresh.height == 2


def test_only_may_name_nothing_but_new_items(fresh: pl.DataFrame, workplace: Path) -> None:
    fresh.select("item_id").write_csv(workplace / "only.csv")
    line = (*BASE, *HISTORY, "--only", "only.csv", "--items", "more.parquet")
    run(*line, "--cold-items", "brand", *out(), "--shortfall", "short.csv", cwd=workplace)
    assert set(rows(workplace)["item_id"]) == {"!new", "~new"}
    assert set(pl.read_csv(workplace / "short.csv")["reason"]) == {"filtered"}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--items", "more.parquet"), 2, b"--items needs --cold-items COLUMN too"),
        (("--cold-items", "brand"), 2, b"--cold-items brand needs --items TABLE too"),
        (("--items", "more.parquet", "--cold-items", "maker"), 65, b"no column 'maker'"),
        (("--items", "more.parquet", "--cold-items", "item_id"), 65, b"no two items share"),
        (("--items", "others.csv", "--cold-items", "brand"), 65, b"knows no item of others.csv"),
        (("--items", "train.parquet", "--cold-items", "event"), 0, b"none is new"),
    ],
)
@pytest.mark.usefixtures("fresh")
def test_new_items_that_cannot_be_scored_are_said_so(
    options: tuple[str, ...], code: int, message: bytes, workplace: Path
) -> None:
    pl.DataFrame({"item_id": ["x"], "brand": ["y"]}).write_csv(workplace / "others.csv")
    done = run(*BASE, *HISTORY, *options, *out(), cwd=workplace, check=code)
    assert message in done.stderr


def test_short_lists_have_a_reason(workplace: Path) -> None:
    log = rows(workplace, "train.parquet")
    one, two, three = log["user_id"].unique().sort().head(3)
    items = log["item_id"].unique().sort()
    seen = [(one, item) for item in items] + [(two, item) for item in items[3:]]
    barred = [(three, item) for item in items[2:]]
    for name, pairs in (("seen", seen), ("barred", barred)):
        table = pl.DataFrame(pairs, ["user_id", "item_id"], orient="row")
        table.write_csv(workplace / f"{name}.csv")
    pl.DataFrame({"user_id": [one, two, three]}).write_csv(workplace / "asked.csv")
    line = (*BASE, "--users", "asked.csv", "--history", "seen.csv", "--exclude", "barred.csv")
    done = run(*line, *out(), "--shortfall", "short.parquet", cwd=workplace)
    assert rows(workplace, "short.parquet").rows() == [
        (one, 0, "everything-seen"),
        (two, 3, "few-left"),
        (three, 2, "filtered"),
    ]
    for words in (b"1 short: everything-seen", b"1 short: few-left", b"1 short: filtered"):
        assert words in done.stderr
    inspected = run("inspect", "short.parquet", cwd=workplace).stdout
    assert b"retrieve" in inspected


def test_nobody_short_leaves_an_empty_table(workplace: Path) -> None:
    run(*BASE, *HISTORY, "-k", 1, *out(), "--shortfall", "short.parquet", cwd=workplace)
    short = rows(workplace, "short.parquet")
    assert (short.height, short.columns) == (0, ["user_id", "rows", "reason"])


def test_candidates_and_short_lists_are_published_together_or_not_at_all(workplace: Path) -> None:
    log = rows(workplace, "train.parquet").select("user_id", "item_id")
    weights = pl.Series([1.0] * (log.height - 1) + [float("inf")], dtype=pl.Float32)
    log.with_columns(weight=weights).write_parquet(workplace / "endless.parquet")
    (workplace / "out.parquet").write_bytes(b"old")
    (workplace / "short.parquet").write_bytes(b"older")
    before = set(workplace.iterdir())
    line = (*BASE, *HISTORY, *out(), "--shortfall", "nowhere/short.parquet")
    run(*line, cwd=workplace, check=73)
    line = (*BASE, "--history", "endless.parquet", *out(), "--shortfall", "short.parquet")
    run(*line, cwd=workplace, check=65)
    assert (workplace / "out.parquet").read_bytes() == b"old"
    assert (workplace / "short.parquet").read_bytes() == b"older"
    assert set(workplace.iterdir()) == before


@pytest.mark.parametrize("name", ["out.parquet", "./out.parquet", "-"])
def test_short_lists_do_not_go_where_candidates_go(name: str, workplace: Path) -> None:
    done = run(*BASE, *HISTORY, *out(), "--shortfall", name, cwd=workplace, check=2)
    assert b"is where the candidates go" in done.stderr
