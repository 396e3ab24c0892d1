"""`rerank explore` through the real command: what it refuses, and what it tells."""

from pathlib import Path

import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.explore import Asked
from tests.conftest import Done, run

LISTS = [(f"u{user}", f"i{item}", 1 - item / 10) for user in range(3) for item in range(8)]
DAY = ("--day", "2026-01-31")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lists of eight items, and states that do and do not fit them."""
    folder = tmp_path_factory.mktemp("explore")
    lists = pl.DataFrame(LISTS, ["user_id", "item_id", "score"], orient="row")
    lists = lists.with_columns(pl.col("score").cast(pl.Float32), price=pl.col("score") * 9)
    lists.write_parquet(folder / "c.parquet")
    log = lists.with_columns(clicked=pl.col("item_id") == "i5")
    log.write_parquet(folder / "log.parquet")
    other = log.with_columns(item_id="other " + pl.col("item_id"), size=pl.lit(1))
    other.write_parquet(folder / "other.log.parquet")
    for name, source, words in (
        ("state", "log", ()),
        ("linear", "log", ("--context", "price")),
        ("other", "other.log", ()),
        ("size", "other.log", ("--context", "size")),
    ):
        state, log_file = f"{name}.parquet", f"{source}.parquet"
        run("bandit-update", state, log_file, *words, "-o", state, cwd=folder)
    return folder


def explore(
    place: Path, policy: str, *words: object, lists: str = "c", out: str = "out", check: int = 0
) -> Done:
    line = ("rerank", "explore", policy, f"{lists}.parquet", *DAY, *words, "-o", f"{out}.parquet")
    return run(*line, cwd=place, check=check)


def test_thompson_mostly_shows_what_was_clicked(place: Path) -> None:
    words = ("--state", "state.parquet", "--slots", "2", "-k", 4, "--prior-misses", 3)
    for day in range(2):
        explore(place, "thompson", *words, "--seed", day)
        out = pl.read_parquet(place / "out.parquet")
        assert out["rank"].to_list() == [1, 2, 3, 4] * 3
        own = out.filter(pl.col("item_id") == "i5")
        assert (own["propensity"] > 0.6).all()
        others = out.filter((pl.col("rank") == 2) & (pl.col("item_id") != "i5"))
        assert (others["propensity"] < 0.2).all()


def test_a_list_ends_with_its_last_slot_unless_told_otherwise(place: Path) -> None:
    explore(place, "softmax", "--slots", "5,2")
    assert pl.read_parquet(place / "out.parquet").height == 15


@pytest.mark.parametrize(
    ("policy", "state", "says"),
    [
        ("thompson", "other", "other.parquet is a state of other arms"),
        ("linucb", "size", "size.parquet: no column 'size'"),
        ("ucb", "linear", "linear.parquet is a state of kind linear, ucb reads one of kind beta"),
        ("linucb", "state", "state.parquet is a state of kind beta"),
        ("thompson", "log", "is not a table of bandit counts"),
    ],
)
def test_a_state_of_other_arms_is_refused(policy: str, state: str, says: str, place: Path) -> None:
    done = explore(place, policy, "--state", f"{state}.parquet", "--slots", 2, out="none", check=65)
    assert says in done.stderr.decode()
    assert not (place / "none.parquet").exists()


def test_text_is_no_context(place: Path) -> None:
    lists = pl.read_parquet(place / "c.parquet").with_columns(price=pl.lit("cheap"))
    lists.write_parquet(place / "text.parquet")
    words = ("--state", "linear.parquet", "--slots", 2)
    done = explore(place, "linucb", *words, lists="text", check=65)
    assert b"'price' (String) is neither a number nor yes or no" in done.stderr


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (Asked("2,9", "today", k=5), "--slots 9 is beyond -k 5"),
        (Asked("2,2", "today"), "names a place twice"),
        (Asked("0,2", "today"), "write places from 1 on"),
        (Asked("2,", "today"), "write places from 1 on"),
        (Asked("2", ""), "--day is empty"),
        (Asked("2", "today", new="price < 3"), "give both"),
        (Asked("2", "today", new_slots=1), "give both"),
        (Asked("2", "today", new="price < 3", new_slots=2), "more than there are slots"),
        (Asked("2,4", "today", floor=0.1, arms=20), "leaves no choice"),
    ],
)
def test_contradictions_are_said_before_any_work(asked: Asked, says: str) -> None:
    with pytest.raises(RecliError, match=says) as told:
        asked.checked()
    assert told.value.code == 2


def test_all_contradictions_are_said_at_once(place: Path) -> None:
    done = explore(place, "softmax", "--slots", "2,9", "-k", 5, "--new-slots", 1, check=2)
    assert b"--slots 9 is beyond -k 5; --new says what is new" in done.stderr


def test_a_condition_that_cannot_be_read_is_named_by_its_option(place: Path) -> None:
    words = ("--slots", "2", "--new", "price <", "--new-slots", 1)
    assert b"--new cannot be read" in explore(place, "softmax", *words, check=2).stderr


def test_what_goes_by_a_state_wants_one(place: Path) -> None:
    assert b"give --state" in explore(place, "thompson", "--slots", 2, check=2).stderr


def test_what_was_drawn_is_not_moved_again(place: Path) -> None:
    explore(place, "softmax", "--slots", 2, "-k", 6, out="once")
    last = b"let `rerank explore` come last"
    assert last in explore(place, "softmax", "--slots", 2, lists="once", check=65).stderr
    line = ("rerank", "truncate", "once.parquet", "--to", 4, "-o", "none.parquet")
    assert last in run(*line, cwd=place, check=65).stderr


def test_rules_of_earlier_steps_hold_whatever_is_drawn(workplace: Path) -> None:
    items = ("--items", "items.parquet")
    cap = ("--by", "categories", "--max", 2, "--top", 8)
    run("rerank", "cap", "candidates.parquet", *items, *cap, "-o", "capped", cwd=workplace)
    pin = ("--where", "price < 20", "--slots", 3)
    run("rerank", "pin", "capped", *items, *pin, "-o", "pinned", cwd=workplace)
    words = ("--slots", "2,5,9", "-k", 10, "--temperature", 100, *items)
    line = ("rerank", "explore", "softmax", "pinned", *DAY, *words)
    run(*line, "-o", "out.parquet", cwd=workplace)
    out = pl.read_parquet(workplace / "out.parquet")
    known = pl.read_parquet(workplace / "items.parquet").select("item_id", "categories")
    first = out.filter(pl.col("rank") <= 8).join(known, on="item_id").explode("categories")
    assert first.group_by("user_id", "categories").len()["len"].max() == 2
    assert (out.filter(pl.col("rank").is_in([2, 5]))["propensity"] < 1).mean() > 0.9
    before = pl.read_parquet(workplace / "pinned").filter("promoted", pl.col("rank") == 3)
    after = out.filter("promoted", pl.col("rank") == 3)
    assert after.select("user_id", "item_id").equals(before.select("user_id", "item_id"))
    line = ("rerank", "explore", "softmax", "pinned", *DAY, *items, "--slots", 3, "-o", "none")
    assert b"both fill place 3" in run(*line, cwd=workplace, check=2).stderr


def test_slots_for_new_items_are_theirs(place: Path) -> None:
    words = ("--slots", "2,4", "--new", "price < 3", "--new-slots", 1)
    done = explore(place, "softmax", *words)
    out = pl.read_parquet(place / "out.parquet").filter(pl.col("rank") == 4)
    assert (out["price"] < 3).all()
    assert b"0 slots for new items without one" in done.stderr
