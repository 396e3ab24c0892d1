"""Lines of JSON: each value arrives as it was written, or its line is a fault."""

import io
import json

import polars as pl
import pytest

from recli.errors import RecliError
from recli.kernels.chunks import Chunk, common, joined
from recli.kernels.json_lines import chunk, sample
from recli.sources.csv import Csv
from recli.sources.ndjson import Ndjson


def read(*lines: str) -> Chunk:
    return chunk("\n".join(lines).encode(), 1, ("user",))


def test_values_of_clashing_types_become_text_and_none_is_lost() -> None:
    lines = ['{"user": 1, "mixed": 1, "price": 1}'] * 200
    lines += ['{"user": 1, "mixed": true, "price": 2.5}', '{"user": "a", "mixed": {"b": 1.5}}']
    lines += ['{"user": 1, "mixed": null, "late": 2.5}']
    rows = read(*lines).rows
    assert rows["user"].to_list() == ["1"] * 201 + ["a", "1"]
    assert rows["mixed"].to_list() == ["1"] * 200 + ["true", '{"b": 1.5}', None]
    assert rows["price"].to_list() == [1.0] * 200 + [2.5, None, None]
    assert rows["late"].to_list() == [None] * 202 + [2.5]


@pytest.mark.parametrize(
    "name", ["1.10", "1e3", "9007199254740993.0", "-0", "true", '{"a": 1}', "[1]", "1e3 "]
)
def test_an_id_that_polars_would_write_anew_is_a_fault(name: str) -> None:
    found = read('{"user": "a"}', f'{{"user" : {name}}}', '{"user": 9007199254740993}')
    assert found.rows["user"].to_list() == ["a", "9007199254740993"]
    assert [(fault.line, fault.column) for fault in found.faults] == [(2, "user")]
    assert found.locate(1)[0] == 3


def test_an_id_inside_another_value_is_none() -> None:
    assert not read('{"user": "a", "seen": {"user": 1.5}}', '{"user": null}').faults


def test_half_a_surrogate_pair_is_a_fault_and_a_whole_one_is_not() -> None:
    found = read(
        r'{"user": "a\ud800"}', r'{"user": "\ud83d\ude00"}', r'{"user": "\\ud800"}', '{"user": "z"}'
    )
    assert found.rows["user"].to_list() == ["😀", r"\ud800", "z"]
    assert [fault.line for fault in found.faults] == [1]


@pytest.mark.parametrize("number", ["9" * 45, str(2**127), "1e999", "NaN", "-Infinity"])
def test_a_number_that_no_column_can_hold_is_a_fault(number: str) -> None:
    found = read('{"user": "a", "x": 1}', f'{{"user": "b", "x": {number}}}')
    assert found.rows.rows() == [("a", 1)]
    assert "out of range" in found.faults[0].reason


def test_a_sample_holds_keys_of_clashing_types() -> None:
    raw = b'\xef\xbb\xbf{"a": [1]}\n{"a": "x"}\n{"a": {"b": 1}}\n'
    assert sample(io.BytesIO(raw), len(raw))["a"].to_list() == ["[1]", "x", '{"b": 1}']


def test_what_has_no_type_in_common_is_text_or_refused() -> None:
    assert common("x", [pl.Int64(), pl.Null(), pl.Float64()]) == pl.Float64
    assert common("x", [pl.Int64(), pl.Boolean()]) == pl.String
    with pytest.raises(RecliError, match="column 'x' is String and Struct"):
        common("x", [pl.String(), pl.Struct({"b": pl.Int64})])
    frames = [pl.DataFrame({"x": [1]}), pl.DataFrame({"x": [True], "y": [2.5]})]
    assert joined(frames).rows() == [("1", None), ("true", 2.5)]


def test_a_scan_loses_no_key_that_comes_up_late() -> None:
    lines = [json.dumps({"user_id": n, "note": 1}) for n in range(12_000)]
    raw = "\n".join([*lines, '{"user_id": "a", "note": 2.5, "late": "x"}']).encode()
    rows = Ndjson().scan(raw).collect()
    assert rows.row(-1) == ("a", 2.5, "x")
    with pytest.raises(RecliError, match="line 2: user_id: neither"):
        Ndjson().scan(b'{"user_id": "a"}\n{"user_id": 1.10}\n')


def test_a_scan_takes_a_column_for_text_that_turns_to_text_late() -> None:
    raw = b"user_id,note\n" + b"a,1\n" * 12_000 + b"a,x\n"
    assert Csv().scan(raw).collect()["note"][-1] == "x"
