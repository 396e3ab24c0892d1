"""Splitters: every row in one part, nothing of the future, the same for any order of rows."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli import registry
from recli.errors import RecliError
from recli.kernels.hashing import uniform
from recli.kernels.quantile import nth

START = datetime(2020, 1, 1, tzinfo=UTC)
ROWS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 9), st.integers(0, 12)), min_size=4, max_size=60
)
FEW = settings(max_examples=80, deadline=None)


def table(rows: list[tuple[int, int, int]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "user_id": [f"u{user}" for user, _, _ in rows],
            "item_id": [f"i{item}" for _, item, _ in rows],
            "timestamp": pl.Series(
                [START + timedelta(hours=time) for _, _, time in rows],
                dtype=pl.Datetime("us", "UTC"),
            ),
        }
    ).sort("user_id", "timestamp", "item_id")


def parted(name: str, rows: pl.DataFrame, *, valid: bool, **fields: Any) -> dict[str, pl.DataFrame]:
    splitter = registry.load("splitters", name)(**fields)

    def batches(columns: list[str]) -> Iterator[pl.DataFrame]:
        for start in range(0, rows.height, 7):
            yield rows.slice(start, 7).select(columns)

    number = splitter.plan(batches, rows.height, valid=valid)(rows)
    assert set(number) <= set(range(len(splitter.parts)))
    return {part: rows.filter(number == at) for at, part in enumerate(splitter.parts)}


@FEW
@given(ROWS, st.sampled_from(registry.names("splitters")), st.booleans())
def test_every_row_goes_to_one_part(
    rows: list[tuple[int, int, int]], name: str, valid: bool
) -> None:
    whole = table(rows)
    parts = parted(name, whole, valid=valid)
    together = Counter(row for part in parts.values() for row in part.rows())
    assert together == Counter(whole.rows())
    assert valid or not parts["valid"].height
    for part in parts.values():
        assert part.equals(part.sort("user_id", "timestamp", "item_id"))


@FEW
@given(ROWS, st.sampled_from(["5%", "20%", "0.5", "90%"]), st.booleans())
def test_no_training_row_is_as_late_as_any_test_row(
    rows: list[tuple[int, int, int]], share: str, valid: bool
) -> None:
    parts = parted("time", table(rows), valid=valid, test_share=share, valid_share="5%")
    order = [parts[name]["timestamp"] for name in ("train", "valid", "test")]
    edges = [(times.min(), times.max()) for times in order if len(times)]
    for before, after in pairwise(edges):
        assert before[1] < after[0]  # so that rows of one time are never parted


@FEW
@given(ROWS, st.integers(1, 99))
def test_the_time_cut_is_the_latest_that_gives_the_share(
    rows: list[tuple[int, int, int]], percent: int
) -> None:
    whole = table(rows)
    tested = parted("time", whole, valid=False, test_share=f"{percent}%")["test"]
    assert tested.height >= whole.height * percent / 100 - 1e-9
    smaller = tested.filter(pl.col("timestamp") > tested["timestamp"].min())
    assert smaller.height < whole.height * percent / 100 + 1e-9


def test_a_moment_belongs_to_what_comes_after() -> None:
    whole = table([(0, 0, 0), (0, 1, 1), (1, 1, 1), (1, 2, 2)])
    parts = parted("time", whole, valid=False, at="2020-01-01T01:00")
    assert parts["train"]["item_id"].to_list() == ["i0"]
    parts = parted("time", whole, valid=True, at="2020-01-01T02:00", valid_at="2020-01-01T01:00")
    assert [parts[name].height for name in ("train", "valid", "test")] == [1, 2, 1]


def test_leave_last_by_hand() -> None:
    rows = table([(0, 3, 1), (0, 1, 2), (0, 2, 2), (1, 5, 0), (2, 6, 0), (2, 7, 5)])
    parts = parted("leave-last", rows, valid=False)
    assert parts["test"].select("user_id", "item_id").rows() == [("u0", "i2"), ("u2", "i7")]
    parts = parted("leave-last", rows, valid=True)
    assert parts["valid"]["item_id"].to_list() == ["i1"]
    assert parts["train"]["item_id"].to_list() == ["i3", "i5", "i6", "i7"]


def test_leave_last_takes_the_order_of_rows_where_there_are_no_times() -> None:
    rows = pl.DataFrame({"user_id": ["a", "a", "a"], "item_id": ["z", "y", "x"]})
    assert parted("leave-last", rows, valid=False)["test"]["item_id"].to_list() == ["x"]


@FEW
@given(ROWS, st.integers(0, 3))
def test_held_out_users_are_strangers_to_training(
    rows: list[tuple[int, int, int]], seed: int
) -> None:
    parts = parted("users", table(rows), valid=True, test_share="40%", seed=seed)
    held = set(parts["test"]["user_id"]) | set(parts["valid"]["user_id"])
    assert not held & set(parts["train"]["user_id"])
    assert held == set(parts["history"]["user_id"])
    for user in held:
        asked = pl.concat([parts["test"], parts["valid"]]).filter(user_id=user)["timestamp"]
        assert parts["history"].filter(user_id=user)["timestamp"].max() <= asked.min()


@FEW
@given(ROWS, st.randoms())
def test_chance_does_not_see_the_order_of_rows(
    rows: list[tuple[int, int, int]], chance: Any
) -> None:
    first = parted("random", table(rows), valid=False)["test"]
    chance.shuffle(rows)
    shuffled = table(rows).sample(fraction=1, shuffle=True, seed=1)
    again = parted("random", shuffled, valid=False)["test"]
    assert Counter(again.rows()) == Counter(first.rows())
    pairs = first.select("user_id", "item_id").unique()
    assert table(rows).join(pairs, on=["user_id", "item_id"]).height == first.height


def test_chance_keeps_its_share_and_seeds_differ() -> None:
    ids = pl.Series([f"user {n}" for n in range(100_000)])
    one, two = uniform([ids], 1), uniform([ids], 2)
    for chance in (one, two):
        assert np.abs(np.histogram(chance, 10, (0, 1))[0] / 10_000 - 1).max() < 0.05
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.02
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.02


def test_chance_is_the_same_as_ever() -> None:
    # FNV-1a and splitmix64 worked out with Python's whole numbers.
    def mix(value: int) -> int:
        value = (value + 0x9E3779B97F4A7C15) % 2**64
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
        return value ^ (value >> 31)

    value = mix(7)
    for word in ("é", ""):
        value ^= 0xCBF29CE484222325
        for byte in word.encode():
            value = (value ^ byte) * 0x100000001B3 % 2**64
        value = mix(value)
    found = uniform([pl.Series(["é"]), pl.Series([""])], 7)
    assert found.tolist() == [(value >> 11) / 2**53]


@FEW
@given(
    st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=200), st.data(), st.integers(1, 9)
)
def test_nth_is_what_sorting_gives(numbers: list[int], data: Any, size: int) -> None:
    place = data.draw(st.integers(0, len(numbers) - 1))
    cut = [np.array(numbers[at : at + size], np.int64) for at in range(0, len(numbers), size)]
    assert nth(lambda: cut, place) == sorted(numbers)[place]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("time", {"at": "2020-01-01", "test_share": "20%"}),
        ("time", {"at": "yesterday"}),
        ("time", {"at": "2020-01-01", "valid_at": "2020-01-02"}),
        ("leave-last", {"last": 0}),
        ("random", {"test_share": "120%"}),
        ("random", {"test_share": "60%", "valid_share": "40%"}),
        ("users", {"hold_out_last": "all"}),
    ],
)
def test_nonsense_is_refused(name: str, fields: dict[str, Any]) -> None:
    with pytest.raises(RecliError) as error:
        registry.load("splitters", name)(**fields)
    assert error.value.code == 2
