"""What ingest may be told, as checked values."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

Kind = Literal["interactions", "items", "users"]
Duplicates = Literal["keep", "sum", "last", "first", "max", "error"]


@dataclass(frozen=True)
class Limit:
    """How many bad rows may be put aside: a count, or a share of all rows."""

    count: int = 0
    share: float | None = None

    def of(self, rows: int) -> int:
        """The number that the limit allows of so many rows."""
        return self.count if self.share is None else int(self.share * rows)


@dataclass(frozen=True)
class Choices:
    """Checked values of the options of ingest."""

    kind: Kind = "interactions"
    columns: dict[str, str] = field(default_factory=dict)  # new name: column, '' for none
    unit: str | None = None
    lists: dict[str, str] = field(default_factory=dict)  # column: separator
    drop: tuple[str, ...] = ()
    numeric_ids: bool = False
    zone: str | None = None
    time_format: str | None = None
    now: datetime = datetime(9999, 1, 1, tzinfo=UTC)
    event_weights: dict[str, float] | None = None
    min_rating: float | None = None
    min_value: dict[str, float] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    duplicates: Duplicates = "keep"
    min_per_user: int = 0
    min_per_item: int = 0
    keep_rejects: bool = False
    limit: Limit = Limit()

    @property
    def required(self) -> tuple[str, ...]:
        """The id columns of the kind."""
        named = {"interactions": ("user_id", "item_id"), "items": ("item_id",)}
        return named.get(self.kind, ("user_id",))


def latest(now: datetime) -> datetime:
    """The last time that is taken for possible: clocks may be a day wrong."""
    return now + timedelta(days=1)
