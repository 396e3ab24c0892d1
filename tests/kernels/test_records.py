"""Records of delimited text against a reader written the slow way."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.errors import RecliError
from recli.kernels.delimited import chunks
from recli.kernels.dialect import dialect, fields
from recli.kernels.records import BAD_QUOTE, OPEN_QUOTE, records

CELL = st.text(st.sampled_from('ab,"\n;\x00é'), max_size=4)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=8), st.booleans())
def test_agrees_with_the_standard_reader_on_what_the_standard_writer_wrote(
    rows: list[list[str]], crlf: bool
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n" if crlf else "\n").writerows(rows)
    raw = text.getvalue().encode()
    found = records(raw, b",", b'"', last=True)
    assert found.fields.tolist() == [len(row) for row in rows]
    assert found.end == len(raw)
    pieces = zip(found.starts, found.starts[1:], strict=False)
    again = [fields(raw[begin:end].decode(), ",", '"') for begin, end in pieces]
    assert again == rows


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12), st.integers(1, 40)
)
def test_chunks_of_any_size_hold_the_same_rows(rows: list[list[str]], size: int) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows([["one", "two", "three"], *rows])
    raw = text.getvalue().encode()
    form = dialect(raw, ",", None, header=True)
    found = list(chunks(io.BytesIO(raw), form, size))
    assert [list(row) for part in found for row in part.rows.rows()] == rows
    assert not any(part.faults for part in found)
    # Each row is found again on its own line.
    lines = [part.locate(at)[0] for part in found for at in range(part.rows.height)]
    ahead = ["".join(row).count("\n") for row in rows]
    assert lines == [2 + at + sum(ahead[:at]) for at in range(len(rows))]


def test_names_each_way_to_be_wrong() -> None:
    raw = b'a,b\n\n"x"y,1\nc,5" disc\n"never\nd,e\n'
    found = records(raw, b",", b'"', last=True)
    assert found.fields.tolist() == [2, 0, BAD_QUOTE, 2, OPEN_QUOTE, 2]
    assert found.stray


def test_without_a_quote_character_quotes_are_plain() -> None:
    found = records(b'"a,b\nc",d\n', b",", b"", last=True)
    assert found.fields.tolist() == [2, 2]


def test_a_wide_delimiter() -> None:
    assert records(b"a::b:c::d\n::\n", b"::", b"", last=True).fields.tolist() == [3, 2]


@pytest.mark.parametrize(
    ("head", "delimiter", "header"),
    [
        (b"userId,movieId\n1,2\n", b",", True),
        (b"1::2::5::978300760\n1::3::4::978302109\n", b"::", False),
        (b"user\titem\na\tb, c\n", b"\t", True),
        (b"user;price\na;2,5\nb;3,5\n", b";", True),
        (b"1|2|3\n4|5|6\n", b"|", False),
        (b'user,title\n1,"a;b;c"\n2,"d;e;f"\n', b",", True),
        (b"1,Crime|Drama\n2,Comedy|Drama\n", b",", False),
        (b"name,age\nbob,3\nann,4\n", b",", True),
    ],
)
def test_guesses_the_dialect(head: bytes, delimiter: bytes, header: bool) -> None:
    found = dialect(head)
    assert (found.delimiter, found.header) == (delimiter, header)


def test_will_not_toss_a_coin_about_the_header() -> None:
    with pytest.raises(RecliError, match="--no-header"):
        dialect(b"alice,book\nbob,film\n")


def test_empty_and_repeated_names_are_made_unique() -> None:
    assert dialect(b",user,user\n0,1,2\n").names == ("column_1", "user", "user_2")
