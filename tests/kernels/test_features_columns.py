"""Kinds of columns, told from their types and values."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from recli.kernels.features_columns import BUCKETS, CODES, MEMBERS, Column, describe, encode

MOMENT = np.zeros(1, np.int64)


def kinds(rows: pl.DataFrame) -> dict[str, str]:
    return {column.name: column.kind for column in describe([rows], rows.schema, dates=True)}


def test_a_column_is_known_by_its_type_and_by_how_its_values_repeat() -> None:
    rows = pl.DataFrame(
        {
            "price": [1, 2, 3, 4],
            "sold": [True, False, None, True],
            "brand": ["a", "b", "a", "b"],
            "title": ["The Red Pot", "A Blue Mug", "Some Tea", "More Tea"],
            "tags": [["x"], [], None, ["x", "y"]],
            "codes": [[1], [2], [3], [1]],
            "released": [date(2024, 1, 1)] * 4,
            "changed": [datetime(2024, 1, 1, tzinfo=UTC)] * 4,
            "picture": [b"1", b"2", b"3", b"4"],
            "box": [{"a": 1}] * 4,
        }
    )
    assert kinds(rows) == {
        "price": "number",
        "sold": "number",
        "brand": "category",
        "title": "text",
        "tags": "list",
        "codes": "list",
        "released": "date",
        "changed": "date",
    }


def test_many_distinct_single_words_are_text_and_few_are_a_category() -> None:
    assert kinds(pl.DataFrame({"sku": [f"sku{at}" for at in range(CODES + 2)]})) == {"sku": "text"}
    assert kinds(pl.DataFrame({"size": ["S", "M", "L"]})) == {"size": "category"}


def test_codes_are_the_most_frequent_values_however_the_table_is_cut() -> None:
    values = ["c"] * 3 + ["b"] * 3 + ["a"] + [None]
    rows = pl.DataFrame({"kind": values, "tags": [[value] * 2 for value in values]})
    for cut in (rows.iter_slices(2), [rows]):
        kind, tags = describe(cut, rows.schema, dates=True)
        assert kind.values == tags.values == ("b", "c", "a")


def test_rare_values_beyond_the_limits_share_codes_or_have_no_feature() -> None:
    values = [f"v{at:03d}" for at in range(400)] * 2
    rows = pl.DataFrame({"kind": values, "tags": [[value] for value in values]})
    kind, tags = describe([rows], rows.schema, dates=True)
    own = CODES - BUCKETS
    assert kind.values == tuple(values[:own])
    assert tags.values == tuple(values[:MEMBERS])
    assert len(tags.names("items")) == MEMBERS + 1
    codes = encode((kind,), rows.head(400), MOMENT)[:, 0]
    assert codes[:own].tolist() == list(range(own))
    assert set(codes[own:]) == set(range(own, CODES))
    strange = pl.DataFrame({"kind": ["v399", None, "never seen"]})
    again = encode((kind,), strange, MOMENT)[:, 0]
    assert again[0] == codes[399]
    assert np.isnan(again[1])
    assert own <= again[2] < CODES
    assert kind.meanings[int(again[2])].startswith("(other ")


def test_where_all_values_have_a_code_a_new_one_has_none() -> None:
    kind = Column("kind", "category", "String", ("a", "b"))
    found = encode((kind,), pl.DataFrame({"kind": ["b", "c", None]}), MOMENT)
    np.testing.assert_array_equal(found[:, 0], [1, np.nan, np.nan])


def test_the_code_of_a_rare_value_is_the_same_in_every_process() -> None:
    """Worked out once with FNV-1a and splitmix64 as their papers have them."""
    kind = Column("kind", "category", "String", ("a",), BUCKETS)
    found = encode((kind,), pl.DataFrame({"kind": ["rare", "Łódź", ""]}), MOMENT)
    assert found[:, 0].tolist() == [1 + by_hand(text) for text in ("rare", "Łódź", "")]


def by_hand(text: str) -> int:
    def scrambled(word: int) -> int:
        word = (word + 0x9E3779B97F4A7C15) % 2**64
        word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
        return word ^ word >> 31

    word = scrambled(0) ^ 0xCBF29CE484222325
    for byte in text.encode():
        word = (word ^ byte) * 0x100000001B3 % 2**64
    return (scrambled(word) >> 11) * BUCKETS >> 53


def test_what_is_missing_or_not_finite_is_nan() -> None:
    rows = pl.DataFrame({"price": [1.5, None, float("inf"), float("nan")]})
    found = encode((Column("price", "number", "Float64"),), rows, MOMENT)
    np.testing.assert_array_equal(found[:, 0], [1.5, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Tokyo"])
def test_a_date_is_days_before_the_moment_of_prediction(zone: str | None) -> None:
    times = pl.Series([datetime(2024, 1, 1), None]).dt.replace_time_zone("UTC")
    times = times.dt.convert_time_zone(zone) if zone else times.dt.replace_time_zone(None)
    now = int(datetime(2024, 1, 2, 12, tzinfo=UTC).timestamp() * 1e6)
    column = Column("released", "date", str(times.dtype))
    found = encode((column,), pl.DataFrame({"released": times}), np.array([now]))
    np.testing.assert_array_equal(found[:, 0], [1.5, np.nan])
