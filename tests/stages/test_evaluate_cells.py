"""The cold matrix, and columns of every table, against dictionaries."""

import math
import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.stages.evaluate import evaluate
from recli.stages.evaluate_asked import parsed
from recli.stages.evaluate_cold_asked import ColdBands
from recli.stages.evaluate_inputs import Choices, Inputs, checked
from recli.store.open import open_table
from recli.tables import INTERACTIONS, ITEMS, LISTS, USERS

START = datetime(2024, 1, 1, tzinfo=UTC)
COLD = ColdBands((0, 2, 5), (7, 30))
WORDS = ["ndcg@4", "recall@3", "rmse"]
AGES = ("unseen", "0-7 d", "7-30 d", ">30 d")
CONTRACTS = {"truth": INTERACTIONS, "history": INTERACTIONS, "items": ITEMS, "users": USERS}


def day(number):
    return START + timedelta(days=number)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Lists with repeated items, truth with repeated pairs, history, items and users as frames."""
    rng = random.Random(11)
    folder = tmp_path_factory.mktemp("cells")
    people, things = [f"u{at:02}" for at in range(70)], [f"i{at:02}" for at in range(24)]
    held = [(user, rng.choice(things[:18])) for user in people for _ in range(rng.randint(0, 8))]
    then = [
        (user, rng.choice(things), day(rng.uniform(60, 70)), float(rng.randint(1, 5)))
        for user in people[6:]
        for _ in range(rng.randint(0, 8))
    ]
    lists = {user: rng.choices(things, k=rng.randint(1, 7)) for user in people[:60]}
    frames = {
        "lists": pl.DataFrame(
            [
                (user, item, at, 5.0 - at / 3, "AB"[int(user[1:]) % 2])
                for user, items in lists.items()
                for at, item in enumerate(items, 1)
            ],
            schema=["user_id", "item_id", "rank", "score", "bucket"],
            orient="row",
        ),
        "truth": pl.DataFrame(
            [(*row, rng.choice(["view", "buy"])) for row in then],
            schema=["user_id", "item_id", "timestamp", "rating", "event"],
            orient="row",
        ).with_columns(pl.col("rating").cast(pl.Float32)),
        "history": pl.DataFrame(
            [(user, item, day(min(60, 4 * int(item[1:]) + rng.random()))) for user, item in held],
            schema=["user_id", "item_id", "timestamp"],
            orient="row",
        ),
        "items": pl.DataFrame(
            {
                "item_id": things[:22],
                "price": [float(at * at) for at in range(22)],
                "genres": [rng.choices("abc", k=2) for _ in range(22)],
                "begun": [None if at == 3 else day(at * 2).date() for at in range(22)],
            }
        ),
        "users": pl.DataFrame(
            {"user_id": people[:66], "age": [rng.choice([None, 20, 30, 40, 50]) for _ in range(66)]}
        ),
    }
    tables = {}
    for role, frame in frames.items():
        frame.sample(fraction=1, shuffle=True, seed=1).write_parquet(folder / role)
        tables[role] = open_table(str(folder / role), CONTRACTS.get(role, LISTS))
    return frames, tables


def run(tables, choices, words=WORDS):
    given = {role: tables[role] for role in ("history", "items") if role in tables}
    if any(by.startswith(("age", "users")) for by in choices.by):
        given["users"] = tables["users"]
    inputs = Inputs({"lists": tables["lists"]}, tables["truth"], **given)
    asked, _ = checked(inputs, [parsed(word) for word in words], [], choices)
    return evaluate(inputs, asked, choices, iter)


def slow(frames, users, wanted):
    """Each metric of some users, whose relevant pairs and all their ratings are `wanted`."""
    lists, scores = defaultdict(list), {}
    for user, item, score in (
        frames["lists"].sort("rank").select("user_id", "item_id", "score").rows()
    ):
        scores.setdefault((user, item), score)
        lists[user].append(item)
    chosen = defaultdict(set)
    errors = []
    for user, item, rating in wanted:
        if user in users:
            chosen[user].add(item)
            if (user, item) in scores:
                errors.append(float(np.float64(np.float32(scores[user, item]))) - rating)
    ndcg, recall = [], []
    for user, items in chosen.items():
        first = [
            item if item not in lists[user][:at] else None for at, item in enumerate(lists[user])
        ]
        gain = sum(1 / math.log2(at + 2) for at, item in enumerate(first[:4]) if item in items)
        ndcg.append(gain / sum(1 / math.log2(at + 2) for at in range(min(4, len(items)))))
        recall.append(len({*first[:3]} & items) / len(items))
    return {
        "ndcg@4": np.mean(ndcg) if ndcg else math.nan,
        "recall@3": np.mean(recall) if recall else math.nan,
        "rmse": math.sqrt(np.mean(np.square(errors))) if errors else math.nan,
        "users": len(chosen),
        "interactions": sum(map(len, chosen.values())),
    }


def ages(frames, since=None):
    """The age band of each pair of truth, told by its first row."""
    first = dict(frames["history"].group_by("item_id").agg(pl.col("timestamp").min()).rows())
    bands = {}
    for user, item, time in (
        frames["truth"].sort("timestamp").select("user_id", "item_id", "timestamp").rows()
    ):
        begun = first.get(item) if since is None or item not in first else since.get(item, "none")
        if begun == "none":
            band = "(unknown)"
        elif begun is None:
            band = "unseen"
        else:
            age = (time - begun) / timedelta(days=1)
            band = AGES[1] if age <= 7 else AGES[2] if age <= 30 else AGES[3]
        bands.setdefault((user, item), band)
    return bands


def lengths(frames):
    counts = dict(frames["history"]["user_id"].value_counts().rows())
    names = {0: "0", 1: "1-2", 2: "1-2", 3: "3-5", 4: "3-5", 5: "3-5"}
    everybody = {*frames["lists"]["user_id"], *frames["truth"]["user_id"]}
    return {user: names.get(counts.get(user, 0), ">5") for user in everybody}


@pytest.mark.parametrize("date", [None, "begun"])
def test_cells_agree_with_a_slow_evaluation(world, date):
    frames, tables = world
    outcome = run(tables, Choices(cold=replace(COLD, date=date), added=()))
    ages_shown = outcome.cold.ages
    assert ages_shown == [age for age in (*AGES, "(unknown)", "all") if age in ages_shown]
    since = None
    if date is not None:
        known = frames["items"].select("item_id", date).drop_nulls().rows()
        since = {item: datetime(*begun.timetuple()[:3], tzinfo=UTC) for item, begun in known}
    bands, histories = ages(frames, since), lengths(frames)
    truth = frames["truth"].select("user_id", "item_id", "rating").rows()
    cells = {(cell.history, cell.age): cell for cell in outcome.cold.cells}
    everything = slow(frames, {*histories}, truth)
    seen = 0
    for history in ("0", "1-2", "3-5", ">5", "all"):
        for age in (*AGES, "(unknown)", "all"):
            users = {user for user, band in histories.items() if history in (band, "all")}
            own = [row for row in truth if age in (bands[row[0], row[1]], "all")]
            expected = slow(frames, users, own)
            if not expected["users"]:
                assert (history, age) not in cells
                continue
            cell = cells[history, age]
            seen += 1
            for one in cell.measured:
                assert one.value == pytest.approx(expected[one.asked.label], nan_ok=True)
            assert (cell.users, cell.interactions) == (expected["users"], expected["interactions"])
            assert cell.users_share == pytest.approx(cell.users / everything["users"])
            share = cell.interactions / everything["interactions"]
            assert cell.interactions_share == pytest.approx(share)
    assert seen == len(cells) >= 20
    assert ("all", "(unknown)") in cells or date is None


def test_the_corner_of_the_margins_is_the_metric_itself(world):
    _, tables = world
    words = ["ndcg@4", "novelty@3", "diversity@3(by=genres)", "gauc", "serendipity@3", "gini@3"]
    outcome = run(tables, Choices(cold=COLD), words)
    corner = outcome.cold.cells[-1]
    assert (corner.history, corner.age) == ("all", "all")
    averaged = [one for one in outcome.measured if one.asked.label != "gini@3"]
    assert repr(corner.measured) == repr(averaged)
    new = next(cell for cell in outcome.cold.cells if (cell.history, cell.age) == ("all", "unseen"))
    assert {one.users for one in new.measured if one.asked.label == "serendipity@3"} == {new.users}
    assert {one.name for one in corner.measured} == {*outcome.names} != {"lists"}


def test_no_bit_of_a_cell_depends_on_the_size_of_blocks(world):
    _, tables = world
    choices = Choices(cold=COLD, by=("history:3", "items.genres", "event", "bucket"))
    whole, cut = (
        run(tables, replace(choices, rows=many), ["recall@3", "rmse"]) for many in (1 << 20, 9)
    )
    assert repr(cut.cold) == repr(whole.cold)
    assert repr(cut.measured) == repr(whole.measured)


def test_without_any_time_only_what_was_never_seen_is_told_apart(world, tmp_path):
    frames, tables = world
    for role in ("truth", "history"):
        frames[role].drop("timestamp").write_parquet(tmp_path / role)
    timeless = {
        role: open_table(str(tmp_path / role), INTERACTIONS) for role in ("truth", "history")
    }
    outcome = run(tables | timeless, Choices(cold=COLD, added=()))
    assert {cell.age for cell in outcome.cold.cells} == {"unseen", "seen", "all"}
    assert "ages of items are not known" in outcome.cold.told
    ends = run(tables | {"truth": timeless["truth"]}, Choices(cold=COLD, added=()))
    assert "the end of the history" in ends.cold.told
    assert {cell.age for cell in ends.cold.cells} == {*AGES, "all"}
    begun = run(
        tables | {"history": timeless["history"]}, Choices(cold=replace(COLD, date="begun"))
    )
    assert ">30 d" in {cell.age for cell in begun.cold.cells}


def segments(outcome, label="recall@3"):
    return {one.segment: one for one in outcome.measured if one.asked.label == label and one.by}


@pytest.mark.parametrize("by", ["bucket", "age", "age:2", "history", "history:2"])
def test_labels_of_users_give_the_metric_of_those_users(world, by):
    frames, tables = world
    found = segments(run(tables, Choices(by=(by,), added=())))
    everybody = {*frames["lists"]["user_id"], *frames["truth"]["user_id"]}
    counts = dict(frames["history"]["user_id"].value_counts().rows())
    own = dict(frames["users"].rows())
    middle = sorted(counts.values())[math.ceil(len(counts) / 2) - 1]
    label = {
        "bucket": lambda user: "AB"[int(user[1:]) % 2] if user < "u60" else "(unknown)",
        "age": lambda user: str(own.get(user) or "(unknown)"),
        "age:2": lambda user: halves(own.get(user), [age for age in own.values() if age]),
        "history": lambda user: (
            "0" if user not in counts else "1-5" if counts[user] < 6 else "6-20"
        ),
        "history:2": lambda user: (
            "none"
            if user not in counts
            else f"0 to {middle}"
            if counts[user] <= middle
            else f"above {middle}"
        ),
    }[by]
    truth = frames["truth"].select("user_id", "item_id", "rating").rows()
    named = {user: label(user) for user in everybody}
    assert {*found} == {*named.values()}
    for name, one in found.items():
        expected = slow(frames, {user for user in named if named[user] == name}, truth)
        assert one.value == pytest.approx(expected["recall@3"], nan_ok=True), name
        assert one.users == expected["users"]


def halves(value, values):
    middle = sorted(values)[math.ceil(len(values) / 2) - 1]
    if value is None:
        return "(unknown)"
    return f"up to {middle}" if value <= middle else f"above {middle}"


@pytest.mark.parametrize("by", ["genres", "price:2", "event"])
def test_labels_of_what_was_chosen_leave_nothing_else_relevant(world, by):
    frames, tables = world
    found = segments(run(tables, Choices(by=(by,), added=())))
    prices = dict(frames["items"].select("item_id", "price").rows())
    genres = dict(frames["items"].select("item_id", "genres").rows())
    labels = {
        "genres": lambda item, _: {*genres.get(item, ["(unknown)"])},
        "price:2": lambda item, _: {halves(prices.get(item), prices.values()).replace(".0", "")},
        "event": lambda _, event: {event},
    }[by]
    rows = frames["truth"].select("user_id", "item_id", "rating", "event").rows()
    everybody = {*frames["lists"]["user_id"], *frames["truth"]["user_id"]}
    assert {*found} == {name for row in rows for name in labels(row[1], row[3])}
    for name, one in found.items():
        own = [row[:3] for row in rows if name in labels(row[1], row[3])]
        expected = slow(frames, everybody, own)
        assert one.value == pytest.approx(expected["recall@3"]), name
        assert one.users == expected["users"]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("colour", "no column 'colour' in lists, items, truth, history"),
        ("rank", "column 'rank' is not the same in all rows of user 'u0"),
        ("genres:2", "only numbers and times have parts"),
        ("price:1", "2 to 100 parts"),
        ("item_id", "it is a column of 3 tables; write"),
        ("users.colour", "no column 'users.colour'"),
    ],
)
def test_a_column_that_labels_nothing_is_refused(world, by, message):
    with pytest.raises(RecliError) as caught:
        run(world[1], Choices(by=(by,)))
    assert message in str(caught.value)
