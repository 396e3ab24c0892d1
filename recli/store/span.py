"""From when to when a table goes, by what its footer says."""

from datetime import UTC, datetime
from typing import Any

from recli.store.failures import reading
from recli.store.open import Table, parquet

Ends = tuple[datetime, datetime]


def span(table: Table, column: str = "timestamp") -> Ends | None:
    """The first and the last time of a column in UTC; None without it or without a row.

    Row groups whose ends the footer does not tell are read.
    """
    if not table.has(column):
        return None
    found = [ends for part in table.parts for ends in _told(part, column)]
    if None in found:
        found = [_read(batch[column]) for batch in table.batches([column])]
    known = [ends for ends in found if ends is not None]
    if not known:
        return None
    return min(first for first, _ in known), max(last for _, last in known)


def _told(part: Any, column: str) -> list[Ends | None]:
    """The ends of each row group that has a time; None where the footer leaves them out."""
    with reading(part.where):
        metadata = parquet(part).metadata
        names = [metadata.schema.column(at).path for at in range(metadata.num_columns)]
        groups = [
            metadata.row_group(number).column(names.index(column))
            for number in range(metadata.num_row_groups)
        ]
        told = [(group.num_values, group.statistics) for group in groups]
        return [_ends(statistics) for values, statistics in told if values]


def _ends(statistics: Any) -> Ends | None:
    if statistics is None or not statistics.has_min_max:
        return None
    least, most = statistics.min, statistics.max
    if not isinstance(least, datetime) or not isinstance(most, datetime):
        return None
    return _utc(least), _utc(most)


def _read(times: Any) -> Ends | None:
    return None if times.len() == times.null_count() else (_utc(times.min()), _utc(times.max()))


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
