"""Ordering by one number a row against Python's own sort."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from recli.kernels.ordering import by_id_and_time

ROWS = st.lists(
    st.tuples(st.text(max_size=3), st.integers(0, 6) | st.integers(0, 2**33)), min_size=1
)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.sampled_from([1, 1_000_000]))
def test_rows_come_in_order_and_ties_are_named(rows: list[tuple[str, int]], step: int) -> None:
    ids, times = pl.Series([name for name, _ in rows]), pl.Series([t * step for _, t in rows])
    found = by_id_and_time(ids, times)
    assert found is not None
    order, tied = found
    ranked = [rows[at] for at in order]
    # Text sorts by its bytes, as everywhere in recli.
    assert ranked == sorted(rows, key=lambda row: (row[0].encode(), row[1]))
    assert sorted(order) == list(range(len(rows)))
    assert tied.tolist() == [at for at, row in enumerate(ranked) if ranked.count(row) > 1]


def test_what_does_not_fit_into_one_number_is_left_to_others() -> None:
    ids = pl.Series([str(n) for n in range(100)])
    times = pl.Series(np.linspace(1, 2**61, 100).astype(np.int64))
    assert by_id_and_time(ids, times) is None
    assert by_id_and_time(ids.cast(pl.Int64), times) is None
    assert by_id_and_time(ids.clear(), times.clear()) is None
