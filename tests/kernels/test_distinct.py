"""The number of different values, against the exact one."""

import polars as pl
import pytest

from recli.kernels.distinct import Distinct


@pytest.mark.parametrize("exact", [0, 1, 7, 1000, 30_000, 50_000, 1_000_000])
@pytest.mark.parametrize("text", [False, True])
def test_an_estimate_is_within_three_percent(exact: int, text: bool) -> None:
    numbers = pl.int_range(exact, eager=True)
    values = numbers.cast(pl.String) if text else numbers
    distinct = Distinct()
    for batch in (values, values.reverse().head(exact // 2)):  # again: nothing new
        distinct.add(batch)
    assert distinct.count() == pytest.approx(exact, rel=0.03)
    if exact < 10:
        assert distinct.count() == exact
