"""`retrieve --only TABLE --only-by COLUMN` through the real command."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Command

COUNTRIES = ("at", "de", "fr")


@pytest.fixture(scope="module")
def place(shop: Path, recli: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ALS model, users of four countries or none, and items that are there in three."""
    folder = tmp_path_factory.mktemp("segments")
    recli("train-als", shop / "interactions.parquet", "-o", folder / "als", "--factors", 8)
    log = pl.read_parquet(shop / "interactions.parquet")
    users = log.select("user_id").unique().sort("user_id").with_row_index("n")
    values = [*COUNTRIES, "nowhere", None]
    users.with_columns(
        country=pl.Series([values[n % 5] for n in users["n"]], dtype=pl.String)
    ).drop("n").write_parquet(folder / "users.parquet")
    items = log.select("item_id").unique().sort("item_id").with_row_index("n")
    rows = [
        (item, country)
        for n, item in items.iter_rows()
        for at, country in enumerate(COUNTRIES)
        if n % 4 == at or n % 4 == 3
    ]
    pairs = pl.DataFrame(rows, schema=["item_id", "country"], orient="row")
    pairs.write_parquet(folder / "offer.parquet")
    pairs.group_by("item_id", maintain_order=True).agg("country").write_parquet(
        folder / "lists.parquet"
    )
    log.write_parquet(folder / "log.parquet")
    return folder


def retrieved(place: Path, recli: Command, out: Path, *more: object) -> pl.DataFrame:
    words = ["--users", place / "users.parquet", "--history", place / "log.parquet", "-k", 10]
    recli("retrieve", place / "als", *words, "-o", out, *more)
    return pl.read_parquet(out)


def by_country(place: Path, table: str = "offer") -> list[object]:
    return ["--only", place / f"{table}.parquet", "--only-by", "country"]


def test_each_user_gets_what_she_would_get_from_the_items_of_her_country_alone(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    found = retrieved(place, recli, tmp_path / "all.parquet", *by_country(place))
    users = pl.read_parquet(place / "users.parquet")
    offer = pl.read_parquet(place / "offer.parquet")
    for country in COUNTRIES:
        own = users.filter(pl.col("country") == country).select("user_id")
        offer.filter(pl.col("country") == country).write_parquet(tmp_path / "own.parquet")
        alone = retrieved(
            place, recli, tmp_path / "alone.parquet", "--only", tmp_path / "own.parquet"
        )
        expected = alone.join(own, on="user_id", how="semi", maintain_order="left")
        assert expected.height == 10 * own.height
        assert found.join(own, on="user_id", how="semi", maintain_order="left").equals(expected)


def test_users_without_a_country_or_with_one_that_no_item_has_get_nothing(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    aside = tmp_path / "short.parquet"
    found = retrieved(
        place, recli, tmp_path / "all.parquet", *by_country(place), "--shortfall", aside
    )
    users = pl.read_parquet(place / "users.parquet")
    nowhere = users.filter(pl.col("country").is_in(COUNTRIES).fill_null(False).not_())
    assert found.join(nowhere, on="user_id", how="semi").is_empty()
    short = pl.read_parquet(aside)
    assert short["user_id"].to_list() == nowhere["user_id"].to_list()
    assert set(short.select("rows", "reason").rows()) == {(0, "filtered")}


def test_a_list_of_countries_is_the_same_as_several_rows(
    place: Path, recli: Command, tmp_path: Path
) -> None:
    rows, lists = (
        retrieved(place, recli, tmp_path / f"{table}.parquet", *by_country(place, table))
        for table in ("offer", "lists")
    )
    assert rows.equals(lists)


def test_workers_give_the_same_bytes(place: Path, recli: Command, tmp_path: Path) -> None:
    for jobs in (1, 2):
        retrieved(place, recli, tmp_path / str(jobs), *by_country(place), "--jobs", jobs)
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_an_index_gives_as_good_lists(place: Path, recli: Command, tmp_path: Path) -> None:
    recli("build-index", "ivf", place / "als", "-o", tmp_path / "index", "-k", 20)
    words = ["--users", place / "users.parquet", "--history", place / "log.parquet", "-k", 10]
    recli("retrieve", tmp_path / "index", *words, *by_country(place), "-o", tmp_path / "fast")
    exact = retrieved(place, recli, tmp_path / "exact", *by_country(place))
    assert pl.read_parquet(tmp_path / "fast").equals(exact)  # so few are searched exactly


def test_faults_are_told_before_work(place: Path, recli: Command, tmp_path: Path) -> None:
    words = ["retrieve", place / "als", "-o", tmp_path / "out"]
    history = ["--history", place / "log.parquet"]
    done = recli(*words, *history, "--only-by", "country", check=2)
    assert b"--only-by without --only" in done.stderr
    done = recli(*words, *history, *by_country(place), check=65)
    assert b"no column 'country'" in done.stderr
    users = ["--users", place / "users.parquet"]
    only = ["--only", place / "offer.parquet", "--only-by", "user_id"]
    assert b"no column 'user_id'" in recli(*words, *users, *only, check=65).stderr
    assert not (tmp_path / "out").exists()
