"""`bandit-update` through the real command: logs in, the state they add up to out."""

from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Done, run

ROWS = [
    ("a", "x", True, 2.0, True),
    ("a", "y", False, 3.0, False),
    ("b", "x", False, 0.1, True),
    ("b", "z", True, 1e5, False),
    ("c", "x", True, -0.7, True),
    ("c", "y", False, None, True),
]
NAMES = ["user_id", "item_id", "clicked", "price", "sale"]
LOGS = ["one.csv", "two.parquet", "three.ndjson"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three logs of two rows each, in different formats."""
    logs = pl.DataFrame(ROWS, NAMES, orient="row")
    logs[:2].write_csv(tmp_path / LOGS[0])
    logs[2:4].write_parquet(tmp_path / LOGS[1])
    logs[4:].write_ndjson(tmp_path / LOGS[2])
    return tmp_path


def update(place: Path, *words: object, state: str = "s.parquet", check: int = 0) -> Done:
    return run("bandit-update", state, *words, "-o", state, cwd=place, check=check)


def test_counts_are_those_of_the_logs(place: Path) -> None:
    update(place, *LOGS)
    state = pl.read_parquet(place / "s.parquet")
    assert state.rows() == [("x", 3, 2), ("y", 2, 0), ("z", 1, 1)]


@pytest.mark.parametrize("kind", [(), ("--context", "price,sale")], ids=["beta", "linear"])
def test_any_order_at_once_or_one_by_one_gives_the_same_bytes(
    kind: tuple[str, ...], place: Path
) -> None:
    made = set()
    one, two, three = LOGS
    for steps in ([[one, two, three]], [[three, one], [two]], [[two], [three], [one]]):
        state = f"{len(steps)}.parquet"
        update(place, *steps[0], *kind, state=state)
        for more in steps[1:]:
            update(place, *more, state=state)
        made.add((place / state).read_bytes())
    assert len(made) == 1


def test_a_log_counts_once_however_often_and_under_whatever_name(place: Path) -> None:
    update(place, *LOGS)
    before = (place / "s.parquet").read_bytes()
    (place / "copy.csv").write_bytes((place / LOGS[0]).read_bytes())
    done = update(place, "copy.csv", LOGS[1], LOGS[1])
    assert done.stderr.count(b"is in the state already") == 3
    assert (place / "s.parquet").read_bytes() == before


def test_the_files_of_a_folder_are_logs_of_their_own(place: Path) -> None:
    logs = pl.DataFrame(ROWS, NAMES, orient="row")
    (place / "days").mkdir()
    logs[:2].write_parquet(place / "days" / "1.parquet")
    update(place, "days")
    logs[2:].write_parquet(place / "days" / "2.parquet")
    update(place, "days")
    assert pl.read_parquet(place / "s.parquet")["shown"].sum() == 6


def test_sums_are_those_of_the_rows_with_columns_of_items_and_users(place: Path) -> None:
    items = pl.DataFrame({"item_id": ["x", "y", "z"], "weight": [1.0, 2.0, 4.0]})
    users = pl.DataFrame({"user_id": ["a", "b", "c"], "age": [30, 40, 50]})
    items.write_parquet(place / "items.parquet")
    users.write_parquet(place / "users.parquet")
    words = ("--context", "weight,user.age", "--items", "items.parquet", "--users", "users.parquet")
    update(place, *LOGS, *words)
    state = pl.read_parquet(place / "s.parquet")
    assert state["feature"].to_list() == ["user.age", "weight", "intercept"]
    rows = (
        pl.DataFrame(ROWS, NAMES, orient="row").join(items, on="item_id").join(users, on="user_id")
    )
    x = rows.select("age", "weight", one=1.0).to_numpy()
    assert state["a"].to_list() == (x.T @ x).tolist()
    assert state["b"].to_list() == (x.T @ rows["clicked"].cast(pl.Float64).to_numpy()).tolist()


def test_the_state_tells_which_logs_are_in_it(place: Path) -> None:
    update(place, LOGS[0])
    update(place, LOGS[1])
    shown = run("inspect", "s.parquet", cwd=place).stdout.decode()
    assert "kind: bandit counts" in shown
    assert "log: one.csv" in shown
    assert "log: two.parquet" in shown


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["one.csv", "--reward", "price"], 65, "neither 0 nor 1 in 2 rows"),
        (["three.ndjson", "--reward", "price", "--context", "sale"], 65, "empty in 1 rows"),
        (["one.csv", "--reward", "user_id"], 65, "neither yes or no nor a number"),
        (["one.csv", "--reward", "bought"], 65, "no column 'bought'"),
        (["one.csv", "--context", "item_id"], 65, "'item_id' (String) is neither a number"),
        (["one.csv", "--context", "size"], 65, "no column 'size'"),
        (["one.csv", "--context", "price", "--kind", "beta"], 2, "has no --context"),
        (["one.csv", "--kind", "linear"], 2, "needs --context"),
        (["one.csv", "--context", "price,,sale"], 2, "a column is named ''"),
        (["none.csv"], 66, "no such file"),
    ],
)
def test_what_a_log_lacks_is_said_and_no_state_made(
    words: list[str], status: int, says: str, place: Path
) -> None:
    assert says in update(place, *words, check=status).stderr.decode()
    assert not (place / "s.parquet").exists()


def test_a_state_of_another_kind_or_of_other_columns_stays_as_it_is(place: Path) -> None:
    update(place, LOGS[0])
    update(place, LOGS[0], "--context", "price", state="l.parquet")
    before = (place / "s.parquet").read_bytes(), (place / "l.parquet").read_bytes()
    done = update(place, LOGS[1], "--context", "price", check=65)
    assert b"s.parquet is a state of kind beta, not linear" in done.stderr
    done = update(place, LOGS[1], "--context", "sale", state="l.parquet", check=65)
    assert b"l.parquet is a state of price, not of sale" in done.stderr
    done = update(place, LOGS[1], "--kind", "beta", state="l.parquet", check=65)
    assert b"l.parquet is a state of kind linear, not beta" in done.stderr
    after = (place / "s.parquet").read_bytes(), (place / "l.parquet").read_bytes()
    assert after == before


def test_a_state_that_is_not_there_is_made_only_in_its_own_place(place: Path) -> None:
    done = run("bandit-update", "old.parquet", LOGS[0], "-o", "new.parquet", cwd=place, check=66)
    assert b"old.parquet: no such file" in done.stderr
    done = run("bandit-update", "s.csv", LOGS[0], "-o", "s.csv", cwd=place, check=2)
    assert b"it can be Parquet alone" in done.stderr


def test_counts_that_cannot_be_true_are_refused(place: Path) -> None:
    for rows, says in (
        ([("x", 1, 2)], b"rewarded more often than shown"),
        ([("x", 1, 1), ("x", 2, 1)], b"names an item twice"),
    ):
        state = pl.DataFrame(rows, ["item_id", "shown", "rewarded"], orient="row")
        state.write_parquet(place / "s.parquet")
        assert says in update(place, LOGS[0], check=65).stderr
