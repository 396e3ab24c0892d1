"""Rules that order lists anew, by tables small enough to check by hand."""

from collections.abc import Callable
from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.rules import Context, Reordered
from recli.rerankers.boost import Boost
from recli.rerankers.calibrated import Calibrated
from recli.rerankers.dpp import Dpp
from recli.rerankers.freshness import Freshness
from recli.rerankers.popularity_debias import PopularityDebias
from recli.rerankers.xquad import Xquad
from tests.rerankers.small_lists import context, lists, vectors

RULES = [
    Dpp(lambda_=0.4),
    Dpp(lambda_=0.4, by="genres"),
    Xquad("genres"),
    Calibrated("genres"),
    Calibrated("genres", target="a=2,b=1"),
    Freshness(10.0),
    PopularityDebias(0.5),
    Boost("score < 2"),
]
GREEDY = RULES[:5]


def surroundings(rule: Any, **given: Any) -> Context:
    return context(vectors=vectors() if rule == RULES[0] else None, **given)


def done(rule: Any, rows: pl.DataFrame, around: Context) -> pl.DataFrame:
    """The rows as the rule leaves them."""
    rule.needs(around)
    made: Reordered = rule.apply(rows, around)
    scores = rows["score"].to_numpy()[made.rows] if made.scores is None else made.scores
    return rows[made.rows].with_columns(pl.Series("score", scores))


@pytest.mark.parametrize("rule", RULES)
def test_every_row_stays_in_its_list_and_the_proof_holds(rule: Any) -> None:
    rows = lists()
    around = surroundings(rule)
    kept = done(rule, rows, around)
    assert kept["user_id"].equals(rows["user_id"])
    assert kept["item_id"].sort().equals(rows["item_id"].sort())
    assert rule.broken(kept, around) == 0
    none = rows.clear()
    assert done(rule, none, surroundings(rule)).is_empty()
    assert rule.broken(none, around) == 0


@pytest.mark.parametrize("rule", RULES)
def test_threads_change_nothing(rule: Any) -> None:
    rows = pl.concat([lists().with_columns(user_id=pl.lit(f"u{at:03}")) for at in range(300)])
    rows = rows.unique(["user_id", "item_id"], keep="first", maintain_order=True)
    one, two = (done(rule, rows, surroundings(rule, threads=n)) for n in (1, 2))
    assert one.equals(two)


@pytest.mark.parametrize("rule", RULES)
def test_the_proof_finds_a_row_that_stands_too_late(rule: Any) -> None:
    rows = lists()
    around = surroundings(rule)
    kept = done(rule, rows, around)
    assert rule.broken(kept[[1, 2, 3, 4, 0, *range(5, 8)]], around) > 0


@pytest.mark.parametrize("rule", GREEDY)
def test_rows_behind_the_top_keep_their_order(rule: Any) -> None:
    rows = lists()
    kept = done(replace(rule, top=2), rows, surroundings(rule))["item_id"][:5].to_list()
    assert kept[2:] == sorted(kept[2:])


def test_like_items_part_in_a_determinantal_process() -> None:
    """i1 and i2 are the same: i2 adds nothing and goes behind all that does."""
    rows = lists()
    kept = done(RULES[0], rows, surroundings(RULES[0]))["item_id"][:5].to_list()
    assert kept[0] == "i1"
    assert kept[-1] == "i2"


def test_calibrated_brings_what_the_history_is_of_and_keeps_lists_without_one() -> None:
    rows = lists()
    rule = Calibrated("genres", lambda_=1.0)
    made = rule.apply(rows, context())
    assert rows[made.rows]["item_id"].to_list() == ["i4", "i3", "i1", "i2", "i5", "i1", "i6", "i7"]
    assert made.notes == {"lists without a history": 1}


def test_a_target_goes_before_the_history() -> None:
    rows = lists()
    rule = Calibrated("genres", lambda_=1.0, target="c=1,zebra=1")
    made = rule.apply(rows, context(given=frozenset(), history=None))
    assert rows[made.rows]["item_id"].to_list()[5:] == ["i1", "i7", "i6"]
    assert made.notes == {}


def test_xquad_without_a_history_takes_all_aspects_of_a_list_alike() -> None:
    """Aspects alone: i1 is all of a, i4 all of b; then no item is about anything new."""
    rows = lists()
    rule = Xquad("genres", lambda_=1.0)
    kept = done(rule, rows, context(given=frozenset({"items"}), history=None))
    assert kept["item_id"][:5].to_list() == ["i1", "i4", "i2", "i3", "i5"]


def test_freshness_halves_by_age_and_keeps_what_has_no_date() -> None:
    rows = lists()
    kept = done(Freshness(10.0), rows, context())
    scores = dict(zip(kept["item_id"][:5], kept["score"][:5], strict=True))
    # 31 January is now, 1 January three half-lives ago, 1600 so old that a floor holds.
    assert scores == pytest.approx({"i1": 4, "i2": 3, "i3": 0.25, "i4": 1e-12, "i5": -1})
    later = done(Freshness(10.0, now="2024-02-10"), rows, context())
    found = dict(zip(later["item_id"][:5], later["score"][:5], strict=True))
    assert found == pytest.approx({"i1": 2, "i2": 3, "i3": 0.125, "i4": 1e-12, "i5": -2})


def test_popularity_costs_its_logarithm() -> None:
    rows = lists()
    kept = done(PopularityDebias(0.5), rows, context())
    expected = {"i2": 0.8, "i3": 0.6, "i1": 0.5, "i4": 0.4 - 0.5 * log(10) / log(100), "i5": 0}
    assert dict(zip(kept["item_id"][:5], kept["score"][:5], strict=True)) == pytest.approx(expected)
    assert kept["item_id"][:3].to_list() == ["i2", "i3", "i1"]
    nobody = context(popularity=(pl.Series([], dtype=pl.String), np.zeros(0, np.int64)))
    assert done(PopularityDebias(), rows, nobody)["item_id"].equals(rows["item_id"])


@pytest.mark.parametrize(
    ("rule", "given", "says"),
    [
        (Calibrated("genres"), set(), "--target"),
        (Calibrated("genres"), {"history"}, "give --items"),
        (Xquad("genres"), {"history"}, "give --items"),
        (Xquad("nowhere"), {"items"}, "no column 'nowhere'"),
        (Calibrated("nowhere", target="a=1"), set(), "no column 'nowhere'"),
        (PopularityDebias(), {"items"}, "give --history"),
        (Freshness(1.0, date="score"), {"items"}, "not a date"),
        (Freshness(1.0, date="nowhere"), {"items"}, "no column 'nowhere'"),
        (Freshness(1.0, now="soon"), {"items"}, "no time"),
        (Dpp(), {"items"}, "--by COLUMN"),
    ],
)
def test_what_a_rule_lacks_is_said_before_any_work(rule: Any, given: set[str], says: str) -> None:
    with pytest.raises(RecliError, match=says):
        rule.needs(context(given=frozenset(given)))


def test_freshness_asks_for_a_moment_where_items_tell_none() -> None:
    rows = lists()
    with pytest.raises(RecliError, match="give --now"):
        Freshness(1.0).apply(rows, context(newest={}))


def test_what_a_history_is_of_is_told_by_items() -> None:
    rows = lists().with_columns(genres=pl.lit("a"))
    with pytest.raises(RecliError, match="not of --items"):
        Calibrated("genres").apply(rows, context(own=frozenset({"genres"})))


@pytest.mark.parametrize(
    "made",
    [
        lambda: Dpp(lambda_=1.1),
        lambda: Xquad("genres", lambda_=-0.1),
        lambda: Calibrated("genres", lambda_=2),
        lambda: PopularityDebias(1.5),
        lambda: Freshness(0.0),
        lambda: Dpp(top=0),
    ],
)
def test_what_is_out_of_its_range_is_refused(made: Callable[[], object]) -> None:
    with pytest.raises(RecliError):
        made()
