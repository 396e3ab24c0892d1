"""Weights, filters, duplicates and the core, by hand and against the slow way."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.kernels.kcore import core
from tests.stages.ingested import ingested


def test_duplicates_by_hand(tmp_path: Path) -> None:
    raw = (
        b"user,item,ts,weight\na,x,1500000003,1\na,x,1500000001,5\n"
        b"a,x,1500000002,2\na,y,1500000000,1\n"
    )
    expected = {
        "keep": [("y", 1.0), ("x", 5.0), ("x", 2.0), ("x", 1.0)],
        "sum": [("y", 1.0), ("x", 8.0)],
        "first": [("y", 1.0), ("x", 5.0)],
        "last": [("y", 1.0), ("x", 1.0)],
        "max": [("y", 1.0), ("x", 5.0)],
    }
    for choice, rows in expected.items():
        table, counts, _ = ingested(tmp_path, raw, duplicates=choice)
        assert table.select("item_id", "weight").rows() == rows, choice
        assert counts["merged"] == 4 - len(rows)
    with pytest.raises(RecliError, match="a, x"):
        ingested(tmp_path, raw, duplicates="error")


def test_a_sum_counts_one_for_a_row_without_a_weight(tmp_path: Path) -> None:
    table, _, _ = ingested(tmp_path, b"user,item\na,x\na,x\nb,x\n", duplicates="sum")
    assert table.rows() == [("a", "x", 2.0), ("b", "x", 1.0)]
    assert table.schema["weight"] == pl.Float32


def test_event_weights_multiply_and_filter(tmp_path: Path) -> None:
    raw = b"user,item,action\na,x,view\na,x,purchase\na,x,hover\na,x,\n"
    table, counts, _ = ingested(tmp_path, raw, event_weights=["view=1,purchase=10"])
    assert sorted(table["weight"]) == [1.0, 10.0]
    assert counts["filtered"] == 2


def test_least_values_and_the_window(tmp_path: Path) -> None:
    raw = (
        b"user,item,date,stars,watched_s\na,x,2020-01-01,4,30\na,x,2020-01-02,3.9,99\n"
        b"a,x,2020-01-03,5,29.5\na,x,2020-01-04,5,\na,x,2020-01-05,5,31\n"
    )
    table, counts, _ = ingested(
        tmp_path, raw, min_rating=4, min_value=["watched_s:30"], until="2020-01-05"
    )
    assert table["timestamp"].to_list() == [datetime(2020, 1, 1, tzinfo=UTC)]
    assert counts["filtered"] == 4
    assert ingested(tmp_path, raw, since="2020-01-05")[0].height == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=60),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_the_core_is_what_taking_away_one_by_one_leaves(
    pairs: list[tuple[int, int]], least_user: int, least_item: int
) -> None:
    left = list(enumerate(pairs))
    while True:
        users = [u for _, (u, _) in left]
        items = [i for _, (_, i) in left]
        sparse = [
            row
            for row in left
            if users.count(row[1][0]) < least_user or items.count(row[1][1]) < least_item
        ]
        if not sparse:
            break
        left.remove(sparse[0])
    users, items = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    assert np.flatnonzero(core(users, items, least_user, least_item)).tolist() == [
        at for at, _ in left
    ]


def test_a_core_through_ingest(tmp_path: Path) -> None:
    raw = b"user,item\na,x\na,y\nb,x\nb,y\nc,y\nc,z\n"
    table, counts, _ = ingested(tmp_path, raw, min_per_user=2, min_per_item=2)
    assert table.rows() == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]
    assert counts["filtered"] == 2


def test_an_event_may_have_no_rating(tmp_path: Path) -> None:
    raw = b"user,item,rating\na,x,\na,y,3\na,z,nan\n"
    table, _, rejects = ingested(tmp_path, raw, rejects="x")
    assert table["rating"].to_list() == [None, 3.0]
    assert rejects["line"].to_list() == [4]
    table, counts, _ = ingested(tmp_path, raw, rejects="x", min_rating=1)
    assert (table.height, counts["filtered"]) == (1, 1)
