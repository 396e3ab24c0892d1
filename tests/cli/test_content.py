"""Content and popularity models from the command line: new items, segments, bad input."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Command

LOG = """user,item,at
ann,tent,2024-05-01
ann,stove,2024-05-02
bo,lamp,2024-05-01
bo,desk,2024-05-03
cy,lamp,2024-05-04
cy,desk,2024-05-04
di,desk,2024-05-05
"""
ITEMS = """item,title,tags,price,code,blank
tent,Light tent for two,camping|outdoor,120,12,
stove,Small gas stove,camping|kitchen,40,12,
lamp,Reading lamp,home|light,30,13,
desk,Oak desk,home,300,13,
hammock,Light hammock for camping,camping|outdoor,60,12,
shelf,Oak shelf,home,80,13,
riddle,,,,,
"""
USERS = """user,country
ann,NL
bo,DE
cy,DE
di,
new,DE
odd,FR
"""


@pytest.fixture(scope="module")
def shelf(recli: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log, items of which two were never taken and one says nothing, and users."""
    folder = tmp_path_factory.mktemp("shelf")
    for name, text in (("log", LOG), ("items", ITEMS), ("users", USERS)):
        (folder / f"{name}.csv").write_text(text)
    recli("ingest", "log.csv", "--header", "--map", "timestamp=at", "-o", "log.parquet", cwd=folder)
    recli(
        *(
            "ingest",
            "--kind",
            "items",
            "items.csv",
            "--header",
            "--list",
            "tags:|",
            "-o",
            "items.parquet",
        ),
        cwd=folder,
    )
    recli("ingest", "--kind", "users", "users.csv", "--header", "-o", "users.parquet", cwd=folder)
    return folder


@pytest.fixture
def lists(recli: Command, shelf: Path, tmp_path: Path) -> Command:
    """Trains a model and serves everybody; the lists of each user."""

    def served(model: str, *options: object, serve: tuple[object, ...] = ()) -> pl.DataFrame:
        place, found = tmp_path / f"{model}.model", tmp_path / "lists.parquet"
        recli(f"train-{model}", "log.parquet", *options, "-o", place, cwd=shelf)
        serve = serve or ("--history", "log.parquet")
        recli("retrieve", place, *serve, "-k", 5, "-o", found, cwd=shelf)
        return pl.read_parquet(found)

    return served  # type: ignore[return-value]


def of(table: pl.DataFrame, user: str) -> list[str]:
    return table.filter(pl.col("user_id") == user)["item_id"].to_list()


@pytest.mark.parametrize("similarity", ["cosine", "euclidean"])
def test_an_item_that_nobody_had_is_offered_for_what_it_is(lists: Command, similarity: str) -> None:
    options = ("--items", "items.parquet", "--min-count", 1, "--similarity", similarity)
    found = lists("content", *options)
    assert of(found, "ann")[0] == "hammock"
    assert of(found, "bo")[0] == "shelf"
    assert "riddle" not in found["item_id"]
    assert set(found["status"]) == {"folded"}


def test_only_the_columns_that_are_named_count(lists: Command) -> None:
    found = lists("content", "--items", "items.parquet", "--columns", "code")
    assert of(found, "ann") == ["hammock"]
    assert of(found, "di") == ["lamp", "shelf"]


def test_what_is_known_of_items_is_said_where_it_cannot_be_read(
    recli: Command, shelf: Path
) -> None:
    def refused(*options: object) -> str:
        done = recli(
            *("train-content", "log.parquet", "-o", "x.model", *options), check=None, cwd=shelf
        )
        assert done.returncode in (2, 65)
        return done.stderr.decode()

    message = refused("--items", "items.parquet", "--columns", "title,colour")
    assert "no column 'colour'" in message
    assert "title, tags, price, code, blank" in message
    assert "add --items" in refused()
    assert "no column that describes them" in refused("--items", "bare.parquet")


@pytest.fixture(autouse=True, scope="module")
def bare(shelf: Path) -> None:
    pl.DataFrame({"item_id": ["tent", "lamp"]}).write_parquet(shelf / "bare.parquet")


def test_text_in_which_all_values_are_numbers_is_said_to_be_read_as_numbers(
    recli: Command, shelf: Path, tmp_path: Path
) -> None:
    ids = ["tent", "stove", "lamp", "desk", "hammock", "shelf"]
    prices = ["10.5", "11.5", "300", "310.25", "12.5", "299"]
    pl.DataFrame({"item_id": ids, "price": prices}).write_parquet(tmp_path / "priced.parquet")
    done = recli(
        *("train-content", "log.parquet", "--items", tmp_path / "priced.parquet"),
        *("-o", tmp_path / "priced.model", "--verbose"),
        cwd=shelf,
    )
    assert "price: text in which every value is a number, read as numbers" in done.stderr.decode()
    found = tmp_path / "lists.csv"
    recli(
        *("retrieve", tmp_path / "priced.model", "--history", "log.parquet", "-k", 1, "-o", found),
        cwd=shelf,
    )
    first = dict(pl.read_csv(found).select("user_id", "item_id").rows())
    assert first["ann"] == "hammock"
    assert first["di"] in ("lamp", "shelf")


def test_popular_in_a_category_is_offered_to_those_who_like_the_category(lists: Command) -> None:
    by = ("--items", "items.parquet", "--by", "tags", "--smoothing", 0)
    found = lists("category-popularity", *by)
    assert of(found, "di") == ["lamp"]
    # Nothing popular is left in her categories.
    assert set(found.filter(pl.col("user_id") == "ann")["status"]) == {"fallback"}
    smoothed = lists("category-popularity", *by[:-1], 0.2)
    assert of(smoothed, "ann") == ["desk", "lamp"]
    assert set(smoothed["status"]) == {"folded"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("colour", "no column 'colour'; there are title, tags, price, code, blank"),
        ("blank", "column 'blank' of the items is empty"),
    ],
)
def test_a_category_that_is_not_there_is_refused(
    recli: Command, shelf: Path, column: str, message: str
) -> None:
    done = recli(
        *("train-category-popularity", "log.parquet", "--items", "items.parquet"),
        *("--by", column, "-o", "y.model"),
        check=65,
        cwd=shelf,
    )
    assert message in done.stderr.decode()


def test_popularity_by_segment_serves_known_new_and_unlabelled_users(lists: Command) -> None:
    found = lists(
        *("popularity", "--users", "users.parquet", "--segment", "country"),
        serve=("--users", "users.parquet", "--history", "log.parquet", "--keep-seen"),
    )
    assert of(found, "new") == of(found, "cy") == ["desk", "lamp", "stove", "tent"]
    assert of(found, "ann") == ["stove", "tent", "desk", "lamp"]
    assert of(found, "di") == of(found, "odd") == ["desk", "lamp", "stove", "tent"]


def test_a_models_cold_users_are_offered_what_is_popular_in_their_segment(lists: Command) -> None:
    found = lists(
        *("content", "--items", "items.parquet", "--columns", "tags"),
        *("--users", "users.parquet", "--segment", "country"),
        serve=("--users", "users.parquet", "--history", "log.parquet"),
    )
    ways = {user: set(part["status"]) for (user,), part in found.group_by("user_id")}
    assert ways["new"] == {"cold"}
    assert ways["odd"] == {"fallback"}
    assert ways["ann"] == {"folded"}
    assert of(found, "new")[:2] == ["desk", "lamp"]


def test_what_is_taken_of_late_trends(lists: Command) -> None:
    found = lists("trending", serve=("--users", "users.parquet"))
    assert of(found, "odd")[0] == "desk"
    assert set(found["source"]) == {"trending"}


def test_random_lists_repeat_with_the_seed_and_differ_between_users(lists: Command) -> None:
    serve = ("--users", "users.parquet")
    first, again = lists("random", serve=serve), lists("random", serve=serve)
    assert first.equals(again)
    assert len({tuple(of(first, user)) for user in ("ann", "bo", "cy", "di", "new", "odd")}) > 2
    assert not lists("random", "--seed", 1, serve=serve).equals(first)
