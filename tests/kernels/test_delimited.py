"""Chunks of delimited text: every field as it stands, every bad row by its line."""

import io
import time

import pytest

from recli.kernels.delimited import chunks
from recli.kernels.dialect import Dialect

FORM = Dialect(b",", b'"', header=False, names=("one", "two"))


@pytest.mark.parametrize("others", [b"", b'"q",r\n', b'5" disc,r\n', b"p,q\r\n"])
def test_a_carriage_return_at_the_end_of_a_field_is_kept(others: bytes) -> None:
    (found,) = chunks(io.BytesIO(b"a\r,b\nc,d\r\ne,f\r\r\n" + others), FORM)
    assert found.rows.rows()[:3] == [("a\r", "b"), ("c", "d"), ("e", "f\r")]


def test_each_bad_row_of_many_is_found_by_its_line_at_once() -> None:
    raw = b'a,"b\n"\nshort\n' * 200_000
    start = time.process_time()
    (found,) = chunks(io.BytesIO(raw), FORM)
    assert [fault.line for fault in found.faults] == list(range(3, 600_001, 3))
    assert found.locate(199_999) == (599_998, 'a,"b\n"')
    assert time.process_time() - start < 30  # to count from the start each time takes minutes
