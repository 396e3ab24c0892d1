"""Re-ranking kernels against slow, obvious versions."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.kernels import greedy, rules, where
from recli.kernels.places import Codes, Demand, arranged
from tests.kernels.drawn_lists import best, drawn

Genres = st.lists(
    st.lists(st.sampled_from(["a", "b", "c"]), max_size=2, unique=True), min_size=1, max_size=12
)


def slow_cap(genres: list[list[str]], most: int, top: int) -> list[int]:
    """Row numbers in their new order, for one list."""
    first: list[int] = []
    for row, names in enumerate(genres):
        counts = [sum(name in genres[other] for other in first) for name in names]
        if len(first) < top and all(count < most for count in counts):
            first.append(row)
    rest = [row for row in range(len(genres)) if row not in first]
    return first + rest if len(first) == top else first


@settings(deadline=None)
@given(Genres, st.integers(1, 3), st.integers(1, 6))
def test_cap_places_rows_as_the_slow_version(genres: list[list[str]], most: int, top: int) -> None:
    first, codes = rules.codes_of(pl.Series(genres, dtype=pl.List(pl.String)))
    starts = np.array([0, len(genres)])
    demand = Demand.of(caps=Codes.of((first, codes), most, top))
    places = arranged(starts, demand, len(genres))
    kept = [row for row in np.argsort(places, kind="stable").tolist() if places[row] >= 0]
    assert kept == slow_cap(genres, most, top)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("10 < price < 20", "a number with a truth value"),
        ("released > 2024-06-01", "a number with a time"),
        ("price", "no condition"),
        ("brand != null", "IS NOT NULL"),
        ("brand > 3", "does not fit the columns"),
    ],
)
def test_a_comparison_without_sense_is_refused(condition: str, says: str) -> None:
    rows = pl.DataFrame({"price": [15.0], "brand": ["a"], "released": ["2024-07-01"]})
    rows = rows.with_columns(pl.col("released").str.to_datetime())
    with pytest.raises(RecliError, match=says):
        where.holds(rows, where.parse(condition))


@pytest.mark.parametrize(
    "condition",
    [
        "price > 10 and price < 20",
        "price between 10 and 20",
        "brand like 'a%' and brand in ('a', 'b')",
        "released > timestamp '2024-06-01' and released < date '2025-01-01'",
        "brand is not null and not price = 3",
        "case when price > 3 then 1 else 0 end = 1",
        "coalesce(price, 0) > -2 and length(brand) = 1",
    ],
)
def test_a_condition_that_makes_sense_holds(condition: str) -> None:
    rows = pl.DataFrame({"price": [15.0], "brand": ["a"], "released": ["2024-07-01"]})
    rows = rows.with_columns(pl.col("released").str.to_datetime())
    assert where.holds(rows, where.parse(condition)).to_list() == [True]


def slow_mmr(scores: list[float], genres: list[list[str]], rate: float) -> list[int]:
    left, chosen = list(range(len(scores))), []
    while left:

        def value(row: int) -> float:
            alike = [
                len(set(genres[row]) & set(genres[other]))
                / max(len({*genres[row], *genres[other]}), 1)
                for other in chosen
            ]
            return rate * scores[row] - (1 - rate) * max(alike, default=0)

        best = max(left, key=lambda row: (value(row), -row))
        left.remove(best)
        chosen.append(best)
    return chosen


@settings(deadline=None)
@given(Genres, st.sampled_from([0.0, 0.25, 0.5, 1.0]), st.randoms(use_true_random=False))
def test_mmr_chooses_as_the_slow_version(genres, rate, random) -> None:  # type: ignore[no-untyped-def]
    scores = sorted((random.choice([0.0, 0.25, 0.5, 1.0]) for _ in genres), reverse=True)
    lists = rules.codes_of(pl.Series(genres, dtype=pl.List(pl.String)))
    none = np.zeros(len(genres), np.int64), np.zeros((1, 0), np.float32)
    starts, order = np.array([0, len(genres)]), np.empty(len(genres), np.int64)
    greedy.diversified(0, 1, starts, np.array(scores), *lists, *none, rate, len(genres), order)
    assert order.tolist() == slow_mmr(scores, genres, rate)


@pytest.mark.parametrize("rate", [0.0, 0.25, 0.5, 1.0])
def test_mmr_by_vectors_chooses_as_the_slow_version(rate: float) -> None:
    case = drawn(8, lists=250)
    draw = np.random.default_rng(8)
    vectors = rules.unit_vectors(draw.standard_normal((30, 3)).astype(np.float32))
    at, order = draw.integers(0, 31, len(case.scores)), np.empty(len(case.scores), np.int64)
    none, lists = rules.no_codes(len(at)), len(case.starts) - 1
    greedy.diversified(0, lists, case.starts, case.scores, *none, at, vectors, rate, 8, order)
    for _, begin, end in case.each():
        left, chosen = list(range(end - begin)), list[int]()
        units = vectors[at[begin:end]].astype(float)
        while left:
            near = [max([0.0, *(units[chosen] @ units[row])]) for row in left]
            gain = [rate * case.scores[begin + row] for row in left]
            both = zip(gain, near, strict=True)
            row = best(left, [a - (1 - rate) * b for a, b in both], even=1e-13)
            left.remove(row)
            chosen.append(row)
        assert (order[begin:end] - begin).tolist() == chosen


def test_scores_are_scaled_within_each_list() -> None:
    scaled = rules.scaled(np.array([3, 2, 1, 5, 5], np.float32), np.array([0, 3, 5]))
    assert scaled.tolist() == [1, 0.5, 0, 1, 1]


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ("price < 20", ["a"]),
        ("'Horror' not in genres", ["c"]),
        ("'Horror' in genres and price > 5", ["a", "b"]),
        ("country = user.country", ["a", "c"]),
        ("title = '''Horror'' in genres'", ["b"]),
        ("released > timestamp '2024-06-01'", ["a"]),
        ("price is null", ["c"]),
    ],
)
def test_conditions_are_sql_with_lists_and_users(condition: str, kept: list[str]) -> None:
    rows = pl.DataFrame(
        {
            "item_id": ["a", "b", "c"],
            "price": [10.0, 30.0, None],
            "genres": [["Horror"], ["Drama", "Horror"], ["Drama"]],
            "title": ["x", "'Horror' in genres", "z"],
            "country": ["de", "fr", "es"],
            "user.country": ["de", "de", "es"],
            "released": pl.Series(["2025-01-01", "2024-01-01", None]).str.to_datetime(
                time_zone="UTC"
            ),
        }
    )
    assert rows.filter(where.holds(rows, where.parse(condition)))["item_id"].to_list() == kept


@pytest.mark.parametrize("condition", ["price <", "read_csv('/etc/passwd')", "1; drop table x", ""])
def test_what_is_no_condition_is_refused(condition: str) -> None:
    with pytest.raises(RecliError, match="--where"):
        where.parse(condition)
