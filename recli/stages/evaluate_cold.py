"""Users by the length of their history, and what they chose by how new it was then."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.bands import UNKNOWN, bands_of_counts, bands_of_days
from recli.kernels.first_rows import first_rows
from recli.kernels.numbering import Numbering
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_cells import Codes, Marks
from recli.stages.evaluate_cold_asked import ColdBands
from recli.store.open import Table

DAY = 86_400_000_000  # microseconds
UNSEEN, SEEN = "unseen", "seen"
Moments = npt.NDArray[np.int64]  # microseconds since 1970
NEVER = np.iinfo(np.int64).max
Ends = tuple[float | None, float | None]


@dataclass
class Cold:
    """The labels of users and of relevant items; what truth repeats has the age of its first."""

    bands: ColdBands
    first: Moments = field(default_factory=lambda: np.zeros(0, np.int64))  # [items] or NEVER
    dates: npt.NDArray[np.float64] | None = None  # [items] NaN where there is none
    last: int | None = None  # moment of the end of history, None where it has no times
    timed: bool = True  # whether an age can be told

    def __post_init__(self) -> None:
        self.of_users = bands_of_counts(self.bands.history)
        self.of_items = bands_of_days(self.bands.age) if self.timed else None

    def marks(self, block: Laid) -> Marks:
        """The bands of a block's users and of its rows of truth."""
        lengths = block.history.lengths.astype(np.float64)
        truth = block.truth
        known = int(truth.items.max(initial=-1)) + 1
        rows = first_rows(truth.starts, truth.items, block.gains > 0, known)
        codes = self._ages(block, known)[rows]
        return Marks(self.of_users.codes(lengths), np.arange(len(codes)), codes)

    def _ages(self, block: Laid, known: int) -> Codes:
        """The code of each row of truth [rows]: 0 unseen, then the bands of age."""
        items = block.truth.items
        first = np.pad(self.first, (0, max(known - len(self.first), 0)), constant_values=NEVER)
        unseen = first[items] == NEVER
        if self.of_items is None:
            return np.where(unseen, 0, 1).astype(np.int32)
        truth = block.frames["truth"]
        times = np.full(len(items), float(self.last or 0))
        if "timestamp" in truth.columns:
            times = truth["timestamp"].to_physical().cast(pl.Float64).to_numpy()
        begun = first.astype(np.float64)
        if self.dates is not None:
            begun = np.full(max(known, len(self.dates)), np.nan)
            begun[: len(self.dates)] = self.dates
        days = ((times - begun[items]) / DAY).clip(min=0)
        return np.where(unseen, 0, 1 + self.of_items.codes(days)).astype(np.int32)

    @property
    def histories(self) -> list[tuple[str, Ends]]:
        """The bands of users in order, with their least and most interactions."""
        names = self.of_users.names[:-1]
        return [(name, _whole(self.of_users.ends(at))) for at, name in enumerate(names)]

    @property
    def ages(self) -> list[tuple[str, Ends]]:
        """The bands of items in order, with their ends in days."""
        if self.of_items is None:
            return [(UNSEEN, (None, None)), (SEEN, (None, None))]
        bands: list[tuple[str, Ends]] = [(UNSEEN, (None, None))]
        for at, name in enumerate(self.of_items.names):
            low, high = self.of_items.ends(at)
            bands.append((name, (None, None) if name == UNKNOWN else (low or 0.0, high)))
        return bands

    @property
    def told(self) -> str:
        """How ages were told, in words for the report."""
        if not self.timed:
            return "ages of items are not known: only whether the history holds them"
        since = "its first interaction in the history"
        since = since if self.bands.date is None else f"its {self.bands.date}"
        until = "the choice" if self.last is None else "the end of the history"
        return f"age of an item: from {since} to {until}; unseen: the history has none of it"


def _whole(ends: Ends) -> Ends:
    """The least and the most whole number of a band."""
    low, high = ends
    return 0 if low is None else int(low) + 1, None if high is None else int(high)


def cold_of(
    bands: ColdBands, history: Table, truth: Table, items: Table | None, numbering: Numbering
) -> Cold:
    """Bands with the moments of every item, from one pass over the history."""
    timed = history.has("timestamp")
    by_truth = truth.has("timestamp")
    columns = ["item_id", *(["timestamp"] if timed else [])]
    first, last = np.zeros(0, np.int64), None
    for batch in history.batches(columns):
        numbers = numbering.of(batch["item_id"])
        first = np.pad(first, (0, numbering.count - len(first)), constant_values=NEVER)
        moments = np.zeros(len(numbers), np.int64)
        if timed and batch.height:
            moments = batch["timestamp"].to_physical().to_numpy()
            last = max(int(moments.max()), last if last is not None else int(moments.max()))
        np.minimum.at(first, numbers, moments)
    dates = None if bands.date is None or items is None else _dates(items, bands.date, numbering)
    end = None if by_truth else last
    known = (timed or dates is not None) and (by_truth or end is not None)
    return Cold(bands, first, dates, end, known)


def _dates(items: Table, column: str, numbering: Numbering) -> npt.NDArray[np.float64]:
    """The date of each item [items], in microseconds, NaN where it has none."""
    rows = items.read(["item_id", column])
    zone = getattr(rows.schema[column], "time_zone", None)
    moments = rows[column].cast(pl.Datetime("us", zone)).to_physical().cast(pl.Float64)
    numbers = numbering.of(rows["item_id"])
    dates = np.full(numbering.count, np.nan)
    dates[numbers] = moments.fill_null(np.nan).to_numpy()
    return dates
