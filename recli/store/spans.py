"""The span of time of a table, as its footers tell it: no row is read."""

from collections.abc import Iterable
from typing import Any


def span(footers: Iterable[Any], column: str) -> tuple[int, int] | None:
    """The least and the largest stored number of a column; None where a footer does not tell."""
    ends: list[int] = []
    for known in footers:
        for at in range(known.num_row_groups):
            group = known.row_group(at)
            chunks = (group.column(number) for number in range(group.num_columns))
            told = next(one.statistics for one in chunks if one.path_in_schema == column)
            if told is None or not told.has_min_max:
                return None
            ends += [told.min_raw, told.max_raw]
    return (min(ends), max(ends)) if ends else None
