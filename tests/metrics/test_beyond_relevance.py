"""What lists are like beside being right, over whole tables, against slow definitions."""

import itertools
import math
import random
from collections import Counter

import numpy as np
import polars as pl
import pytest

from recli.stages.evaluate_inputs import Choices
from tests.metrics.small_worlds import found, pairs

K = 4


@pytest.fixture(scope="module")
def world():
    """Lists, truth, history as items by user; genres and a brand of each item."""
    rng = random.Random(3)
    users, items = [f"u{at:02}" for at in range(40)], [f"i{at:02}" for at in range(20)]
    weights = [1 / (at + 1) for at in range(18)]  # the last two items are new
    return {
        "lists": {user: rng.sample(items, rng.randint(1, 7)) for user in users[:33]},
        "truth": {user: rng.sample(items, rng.randint(1, 6)) for user in users[5:]},
        "history": {user: rng.choices(items[:18], weights, k=rng.randint(1, 9)) for user in users},
        "genres": {item: rng.sample("abcd", rng.randint(0, 3)) for item in items[:17]},
        "brand": {item: rng.choice("xyz") if rng.random() < 0.9 else None for item in items[:17]},
    }


def values(world, folder, *words, **choices):
    genres = pl.Series(world["genres"].values(), dtype=pl.List(pl.String))
    table = {"item_id": [*world["genres"]], "genres": genres, "brand": [*world["brand"].values()]}
    return found(
        folder,
        [*words],
        Choices(added=(), **choices),
        lists=pairs(world["lists"], "rank"),
        truth=pairs(world["truth"]),
        history=pairs(world["history"]),
        items=pl.DataFrame(table),
    )[0]


def mean(numbers):
    known = [one for one in numbers if not math.isnan(one)]
    return sum(known) / len(known)


def expected(world, user):
    """The most popular items of the history that a user has not chosen, K of them."""
    counts = Counter(item for items in world["history"].values() for item in items)
    order = sorted(counts, key=lambda item: (-counts[item], item))
    return [item for item in order if item not in world["history"].get(user, [])][:K]


def test_unexpected_is_what_popularity_would_not_have_offered(world, tmp_path):
    got = values(world, tmp_path, f"unexpectedness@{K}", f"serendipity@{K}")
    share, useful = [], []
    for user, items in world["lists"].items():
        new = set(items[:K]) - set(expected(world, user))
        share.append(len(new) / len(items[:K]))
    for user, wanted in world["truth"].items():
        new = set(world["lists"].get(user, [])[:K]) - set(expected(world, user))
        useful.append(len(new & set(wanted)) / K)
    assert got[f"unexpectedness@{K}"] == pytest.approx(mean(share))
    assert got[f"serendipity@{K}"] == pytest.approx(mean(useful))


@pytest.mark.parametrize("head", [0.8, 0.3, 1.0])
def test_the_tail_is_what_the_head_does_not_hold(world, tmp_path, head):
    counts = Counter(item for items in world["history"].values() for item in items)
    whole, known, inside = sum(counts.values()), 0, set()
    for item in sorted(counts, key=lambda item: (-counts[item], item)):
        if known < head * whole:
            inside.add(item)
        known += counts[item]
    word = f"long-tail-share@{K}({head})"
    got = values(world, tmp_path, word, f"average-popularity@{K}")
    lists = [items[:K] for items in world["lists"].values()]
    tail = [sum(item not in inside for item in items) / len(items) for items in lists]
    users = Counter(item for items in world["history"].values() for item in set(items))
    popular = [sum(users[item] for item in items) / len(items) for items in lists]
    assert got[word] == pytest.approx(mean(tail))
    assert got[f"average-popularity@{K}"] == pytest.approx(mean(popular))


def mix(world, items):
    """Shares of genres of the items that have any, and the share of items that do."""
    shares: Counter[str] = Counter()
    known = [world["genres"].get(item, []) for item in items]
    for genres in known:
        for genre in genres:
            shares[genre] += 1 / len(genres)
    return shares, sum(map(bool, known))


def test_calibration_error_is_the_divergence_of_genres_from_the_history(world, tmp_path):
    word = f"calibration-error@{K}"
    errors = []
    for user, items in world["lists"].items():
        past, told = mix(world, world["history"][user])
        here, _ = mix(world, items[:K])
        if not told:
            continue
        wanted = {genre: share / told for genre, share in past.items()}
        # An item without a genre is a place of the list all the same.
        near = {one: 0.99 * here[one] / len(items[:K]) + 0.01 * wanted[one] for one in wanted}
        errors.append(sum(p * math.log(p / near[one]) for one, p in wanted.items()))
    assert values(world, tmp_path, word)[word] == pytest.approx(mean(errors))


def test_personalisation_is_the_mean_distance_of_all_pairs_of_lists(world, tmp_path):
    word = f"personalisation@{K}"
    lists = [set(items[:K]) for items in world["lists"].values()]
    apart = [1 - len(one & other) / K for one, other in itertools.combinations(lists, 2)]
    assert values(world, tmp_path, word)[word] == pytest.approx(mean(apart))


def test_coverage_counts_genres_and_users(world, tmp_path):
    words = [f"category-coverage@{K}", "category-coverage@1(brand)", f"user-coverage@{K}(3)"]
    got = values(world, tmp_path, *words)
    shown = {item for items in world["lists"].values() for item in items[:K]}
    genres = {genre for item in shown for genre in world["genres"].get(item, [])}
    first = {world["brand"].get(items[0]) for items in world["lists"].values()} - {None}
    long = [len(world["lists"].get(user, [])[:K]) >= 3 for user in world["truth"]]
    assert got[words[0]] == pytest.approx(len(genres) / 4)
    assert got[words[1]] == pytest.approx(len(first) / 3)
    assert got[words[2]] == pytest.approx(mean(long))


def test_entropy_is_that_of_the_shares_of_items(world, tmp_path):
    catalogue = [*world["genres"]]
    words = [f"entropy@{K}", f"entropy@{K}(share)", f"entropy@{K}(shown)"]
    got = values(world, tmp_path, *words)
    shown = Counter(item for items in world["lists"].values() for item in items[:K])
    counts = np.array([shown[item] for item in catalogue if shown[item]])
    shares = counts / counts.sum()
    bits = -(shares * np.log2(shares)).sum()
    assert got[words[0]] == pytest.approx(bits)
    assert got[words[1]] == pytest.approx(bits / math.log2(len(catalogue)))
    assert got[words[2]] == pytest.approx(bits * math.log(2) / len(counts))


@pytest.mark.parametrize("due", ["catalogue", "truth", "equal"])
def test_provider_exposure_is_how_much_attention_would_have_to_move(world, tmp_path, due):
    got, dues = Counter(), Counter()
    for items in world["lists"].values():
        for place, item in enumerate(items[:K], 1):
            got[world["brand"].get(item)] += 1 / math.log2(place + 1)
    for item, brand in world["brand"].items():
        merit = sum(item in wanted for wanted in world["truth"].values())
        dues[brand] += {"catalogue": 1, "truth": merit, "equal": 1}[due]
    brands = ["x", "y", "z"]
    dues = dict.fromkeys(brands, 1) if due == "equal" else dues
    of_got, of_due = (sum(shares[brand] for brand in brands) for shares in (got, dues))
    moved = sum(abs(got[brand] / of_got - dues[brand] / of_due) for brand in brands) / 2
    word = f"provider-exposure@{K}(by=brand, due={due})"
    assert values(world, tmp_path, word)[word] == pytest.approx(moved)


def test_an_item_of_two_providers_counts_for_each_in_half(tmp_path):
    lists, items = {"u": ["a"]}, {"item_id": ["a", "b"], "provider": [["x", "y"], ["x"]]}
    word = "provider-exposure@1"
    got, _ = found(
        tmp_path, [word], lists=pairs(lists, "rank"), truth=pairs(lists), items=pl.DataFrame(items)
    )
    # x gets half of what it is due three quarters of.
    assert got[word] == pytest.approx(0.25)


@pytest.mark.parametrize("rows", [1, 9])
def test_no_bit_depends_on_the_size_of_blocks(world, tmp_path, rows):
    words = [
        "personalisation@3", "provider-exposure@3(by=brand,due=truth)", "entropy@3",
        "calibration-error@3", "unexpectedness@3", "r-precision", "catalogue-auc@3",
    ]  # fmt: skip
    assert values(world, tmp_path, *words, rows=rows) == values(world, tmp_path, *words)


def test_precision_at_r_and_rank_biased_precision(world, tmp_path):
    words = ["r-precision", "rbp@3", "rbp@3(p=0.5)", "catalogue-auc@3", "pooled-precision@3"]
    got = values(world, tmp_path, *words)
    catalogue = set(world["genres"]) | {item for one in world["lists"].values() for item in one}
    size = len(world["genres"])
    at_r, biased, half, areas, hits, places = [], [], [], [], 0, 0
    assert catalogue
    for user, wanted in world["truth"].items():
        items = world["lists"].get(user, [])
        found_ = [item in wanted for item in items]
        at_r.append(sum(found_[: len(wanted)]) / len(wanted))
        biased.append(sum(0.2 * 0.8**at for at, hit in enumerate(found_[:3]) if hit))
        half.append(sum(0.5 ** (at + 1) for at, hit in enumerate(found_[:3]) if hit))
        areas.append(area(items[:3], set(wanted), size))
        hits += sum(found_[:3])
        places += min(3, len(wanted))
    expected_ = [mean(at_r), mean(biased), mean(half), mean(areas), hits / places]
    for word, value in zip(words, expected_, strict=True):
        assert got[word] == pytest.approx(value), word


def area(items, wanted, size):
    """Share of pairs in order of a catalogue: items behind the list are tied."""
    others = size - len(wanted)
    places = {item: at for at, item in enumerate(items)}
    right, misses = 0.0, [item for item in items if item not in wanted]
    for item in wanted:
        behind = others - len(misses)
        if item in places:
            right += behind + sum(places[item] < places[miss] for miss in misses)
        else:
            right += behind / 2
    return right / (len(wanted) * others)
