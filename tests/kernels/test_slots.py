"""What stands in the slots of lists, and how likely it was, against slow versions."""

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels import drawing_lots, rules
from recli.kernels.explore import Explore, Slots
from recli.kernels.places import Codes, Demand, arranged, joined
from recli.kernels.policy import Counts
from recli.kernels.rules import Context
from recli.policies.epsilon_greedy import EpsilonGreedy
from recli.policies.softmax import Softmax
from recli.policies.thompson import Thompson

TWO = Slots((2, 4), 5, "2026-01-31")
NOTHING = Context({})


def lists(users: int, length: int) -> pl.DataFrame:
    """Lists of items 0, 1, 2 ... with falling scores; item ids of 7 and more are new."""
    items = [f"i{at}" for at in range(length)] * users
    return pl.DataFrame(
        {
            "user_id": [f"u{user}" for user in range(users) for _ in range(length)],
            "item_id": items,
            "score": pl.Series([1 - at / 10 for at in range(length)] * users, dtype=pl.Float32),
            "new": [int(item[1:]) >= 7 for item in items],
        }
    )


def explored(rule: Explore, rows: pl.DataFrame) -> pl.DataFrame:
    done = rule.apply(rows, NOTHING)
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("user_id")
    kept = rows[done.rows].with_columns(rank=rank, **done.columns)
    assert rule.broken(kept, NOTHING) == 0
    return kept


def softmax(slots: Slots, temperature: float = 0.5) -> Explore:
    return Explore(Softmax(temperature=temperature), "softmax", slots)


def test_fixed_rows_keep_their_order_and_slots_take_rows_dealt_in_turn() -> None:
    kept = explored(softmax(TWO), lists(400, 9))
    for _, own in kept.group_by("user_id"):
        items = own["item_id"].to_list()
        assert [items[0], items[2], items[4]] == ["i0", "i1", "i2"]
        assert items[1] in ("i3", "i5", "i7")
        assert items[3] in ("i4", "i6", "i8")
    assert kept.filter(pl.col("rank").is_in([1, 3, 5]))["propensity"].unique().to_list() == [1]
    assert kept["policy"].unique().to_list() == ["softmax"]


def test_propensities_are_the_chances_among_the_arms_of_the_slot() -> None:
    kept = explored(softmax(TWO, 0.3), lists(50, 9)).filter(pl.col("rank") == 2)
    worth = {item: np.exp(-int(item[1:]) / 10 / 0.3) for item in ("i3", "i5", "i7")}
    expected = [worth[item] / sum(worth.values()) for item in kept["item_id"]]
    assert kept["propensity"].to_list() == pytest.approx(expected, rel=1e-5)


def test_rows_stand_in_a_slot_as_often_as_their_propensity_says() -> None:
    kept = explored(softmax(TWO, 0.3), lists(60_000, 9))
    for place in (2, 4):
        own = kept.filter(pl.col("rank") == place)
        shares = own.group_by("item_id").agg(pl.len() / own.height, pl.col("propensity").first())
        assert shares["len"].to_list() == pytest.approx(shares["propensity"].to_list(), abs=5e-3)


POLICIES = {
    "epsilon-greedy": EpsilonGreedy(epsilon=0.3),
    "softmax": Softmax(temperature=0.02),
    "thompson": Thompson(),
}


@pytest.mark.parametrize("policy", POLICIES)
def test_two_million_lots_fall_by_the_propensities_to_a_thousandth(policy: str) -> None:
    counts = Counts(pl.Series(["a", "b", "c"]), np.array([50.0, 80, 5]), np.array([4.0, 9, 0]))
    rows = pl.DataFrame({"user_id": ["u"] * 3, "item_id": ["a", "b", "c"], "score": [3.0, 2, 1]})
    rule = Explore(POLICIES[policy], policy, Slots((1,), 1, "2026-01-31", floor=0.05), counts)
    told = {}
    for day in range(60):  # until each arm was drawn once
        own = replace(rule, slots=replace(rule.slots, day=str(day)))
        done = own.apply(rows, NOTHING)
        told[int(done.rows[0])] = float(done.columns["propensity"][0])
    assert sum(told.values()) == pytest.approx(1, abs=1e-9)
    chances = [told[arm] for arm in range(3)]
    users = pl.Series(np.arange(2_000_000))
    lots = rule.slots.lots(users, np.zeros(len(users), np.int64))
    starts = np.arange(0, 3 * len(users) + 1, 3)
    drawn = drawing_lots.drawn(starts, np.tile(chances, len(users)), lots) - starts[:-1]
    assert np.bincount(drawn) / len(users) == pytest.approx(chances, abs=1e-3)


def test_the_same_user_day_and_seed_give_the_same_list_and_others_others() -> None:
    rows = lists(300, 12)
    one = explored(softmax(TWO), rows)
    assert explored(softmax(TWO), rows).equals(one)
    some = rows.filter(pl.col("user_id").is_in(["u7", "u9"]))
    assert explored(softmax(TWO), some).equals(one.filter(pl.col("user_id").is_in(["u7", "u9"])))
    for other in (replace(TWO, day="2026-02-01"), replace(TWO, seed=1)):
        moved = (explored(softmax(other), rows)["item_id"] != one["item_id"]).sum()
        assert moved > 100


def test_slots_of_a_list_are_drawn_apart() -> None:
    kept = explored(softmax(TWO, 100), lists(20_000, 9))
    pairs = kept.filter(pl.col("rank").is_in([2, 4])).group_by("user_id").agg("item_id")
    counts = Counter(map(tuple, pairs["item_id"].to_list()))
    assert len(counts) == 9
    assert max(counts.values()) < 20_000 / 9 * 1.1


def test_the_last_slots_take_new_rows_alone_where_there_are_any() -> None:
    ask = replace(TWO, new="new", quota=1)
    kept = explored(softmax(ask), lists(300, 10))
    assert set(kept.filter(pl.col("rank") == 4)["item_id"]) == {"i7", "i8", "i9"}
    assert set(kept.filter(pl.col("rank") == 2)["item_id"]) == {"i3", "i4", "i5", "i6"}
    rule = softmax(ask)
    done = rule.apply(lists(10, 6), NOTHING)
    assert done.notes["slots for new items without one"] == 10
    assert len(done.rows) == 50


def test_a_short_list_leaves_slots_out_and_closes_up() -> None:
    rule = softmax(TWO)
    kept = explored(rule, lists(3, 4))
    assert kept["item_id"].to_list() == ["i0", "i3", "i1", "i2"] * 3
    assert kept["propensity"].to_list() == [1.0] * 12
    assert rule.apply(lists(3, 4), NOTHING).notes == {"slots filled": 3, "slots left out": 3}
    assert explored(rule, lists(3, 2))["item_id"].to_list() == ["i0", "i1"] * 3


def test_no_more_rows_compete_than_were_asked_for() -> None:
    kept = explored(softmax(replace(TWO, most=3), 100), lists(300, 12))
    assert set(kept.filter(pl.col("rank") == 2)["item_id"]) == {"i3", "i5"}
    assert set(kept.filter(pl.col("rank") == 4)["item_id"]) == {"i4"}


def test_a_floor_lifts_every_arm_and_keeps_the_sum() -> None:
    chances = np.array([1.0, 0, 0, 0.7, 0.3])
    lifted, level = drawing_lots.floored(np.array([0, 3, 5]), chances, 0.1)
    assert lifted == pytest.approx([0.8, 0.1, 0.1, 0.66, 0.34])
    assert level == 0
    even, level = drawing_lots.floored(np.array([0, 3, 5]), chances, 0.4)
    assert even == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.54, 0.46])
    assert level == 1


def test_a_propensity_that_cannot_be_true_is_found() -> None:
    rule = softmax(replace(TWO, floor=0.1))
    kept = explored(rule, lists(5, 9))
    for wrong in (0.0, 0.01, 1.5, None):
        second = pl.when(pl.int_range(pl.len()) == 1)
        spoiled = kept.with_columns(propensity=second.then(wrong).otherwise("propensity"))
        assert rule.broken(spoiled, NOTHING) == 1
    first = pl.when(pl.col("rank") == 1).then(0.5).otherwise("propensity")
    assert rule.broken(kept.with_columns(propensity=first), NOTHING) == 5


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=14), st.integers(1, 3), st.integers(0, 9))
def test_no_draw_breaks_a_cap_or_moves_a_pin(kinds: list[int], most: int, seed: int) -> None:
    rows = lists(1, len(kinds))
    codes = rules.codes_of(pl.Series(kinds))
    caps = Demand.of(caps=Codes.of(codes, most, 4))
    places = arranged(np.array([0, len(kinds)]), caps, len(kinds))
    order = np.argsort(np.where(places < 0, len(kinds), places), kind="stable")[
        : (places >= 0).sum()
    ]
    rows, kinds = rows[order], [kinds[at] for at in order]
    pins = np.full(len(kinds), -1)
    pins[2:3] = 2
    codes = rules.codes_of(pl.Series(kinds))
    held = joined([Demand.of(caps=Codes.of(codes, most, 4)), Demand.of(pins=pins)])
    rule = softmax(replace(TWO, seed=seed), 100)
    done = rule.apply(rows, replace(NOTHING, held=held))
    first = Counter(kinds[at] for at in done.rows[:4])
    assert max(first.values()) <= most
    if len(done.rows) == TWO.k:
        assert done.rows[2] == 2
