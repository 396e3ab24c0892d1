"""Places that caps, quotas and pins ask for, on lists small enough to try every order."""

from itertools import permutations

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels import rules
from recli.kernels.places import Codes, Demand, arranged, in_slots, joined

Genres = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True), min_size=1, max_size=6
)


def order_of(genres: list[list[str]], *demands: Demand) -> list[int]:
    """Rows of one list in their places."""
    places = arranged(np.array([0, len(genres)]), joined(demands), 1 << 40)
    return [row for row in np.argsort(places, kind="stable").tolist() if places[row] >= 0]


def codes(genres: list[list[str]], bound: int, until: int) -> Codes:
    return Codes.of(rules.codes_of(pl.Series(genres, dtype=pl.List(pl.String))), bound, until)


def counted(genres: list[list[str]], order: list[int], top: int) -> dict[str, int]:
    """How often each genre stands in the first places."""
    found = dict.fromkeys("abc", 0)
    for row in order[:top]:
        for name in genres[row]:
            found[name] += 1
    return found


@settings(deadline=None, max_examples=60)
@given(Genres, st.integers(1, 2), st.integers(1, 6), st.integers(1, 3), st.integers(1, 6))
def test_a_cap_is_never_broken_whatever_else_is_asked(  # type: ignore[no-untyped-def]
    genres, most, first, least, top
) -> None:
    caps = Demand.of(caps=codes(genres, most, first))
    quotas = Demand.of(quotas=codes(genres, least, top))
    pins = Demand.of(pins=np.array([len(genres) - 1 - row for row in range(len(genres))]))
    order = order_of(genres, caps, quotas, pins)
    assert len(set(order)) == len(order)
    assert max(counted(genres, order, first).values()) <= most


@settings(deadline=None, max_examples=60)
@given(Genres, st.integers(1, 2), st.integers(1, 6))
def test_a_quota_is_met_wherever_some_order_meets_it(  # type: ignore[no-untyped-def]
    genres, least, top
) -> None:
    wanted = sum("a" in names for names in genres)
    rows = [["a"] if "a" in names else [] for names in genres]
    order = order_of(rows, Demand.of(quotas=codes(rows, least, top)))
    assert sorted(order) == list(range(len(genres)))
    best = max(counted(rows, list(one), top)["a"] for one in permutations(range(len(genres))))
    assert counted(rows, order, top)["a"] >= min(best, least, wanted)
    others = [row for row in order if not rows[row]]
    assert others == sorted(others)  # nothing moves that need not


def test_rows_that_a_quota_is_short_of_come_as_late_as_they_may() -> None:
    rows: list[list[str]] = [[], [], [], [], ["a"], ["a"]]
    assert order_of(rows, Demand.of(quotas=codes(rows, 2, 4))) == [0, 1, 4, 5, 2, 3]


def test_each_value_gets_its_share_the_best_first_where_room_is_scarce() -> None:
    rows = [["a"], ["a"], ["a"], ["b"], ["c"]]
    assert order_of(rows, Demand.of(quotas=codes(rows, 1, 2)))[:2] == [0, 3]
    assert set(order_of(rows, Demand.of(quotas=codes(rows, 1, 3)))[:3]) == {0, 3, 4}


def test_a_pinned_row_stands_in_its_place_and_counts_for_the_cap() -> None:
    rows = [["a"], ["a"], ["b"], ["a"], ["c"]]
    pinned = Demand.of(pins=np.array([-1, -1, -1, 0, -1]))
    assert order_of(rows, pinned) == [3, 0, 1, 2, 4]
    assert order_of(rows, Demand.of(caps=codes(rows, 2, 4)), pinned) == [3, 0, 2, 4, 1]
    assert order_of(rows, Demand.of(caps=codes(rows, 1, 3)), pinned) == [3, 2, 4, 0, 1]


def test_a_list_ends_early_where_the_cap_leaves_too_little() -> None:
    rows = [["a"], ["a"], ["b"]]
    assert order_of(rows, Demand.of(caps=codes(rows, 1, 3))) == [0, 2]


def test_lists_are_arranged_apart_from_each_other() -> None:
    rows = [["a"], ["a"], ["b"], ["a"], ["a"], ["b"]]
    demand = Demand.of(caps=codes(rows, 1, 2))
    places = arranged(np.array([0, 3, 6]), demand, 1 << 40)
    assert places.tolist() == [0, 2, 1, 0, 2, 1]


def test_slots_get_the_best_rows_that_meet_and_what_stands_there_stays() -> None:
    meets = np.array([False, True, False, True, True])
    taken = np.array([-1, -1, 2, -1, -1])
    assert in_slots(np.array([0, 5]), meets, taken, [0, 2, 3]).tolist() == [-1, 0, 2, 3, -1]
    assert in_slots(np.array([0, 2, 5]), meets, taken, [0, 1]).tolist() == [-1, 0, 2, 0, 1]
