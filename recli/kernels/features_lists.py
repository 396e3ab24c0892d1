"""Lists of candidates beside what their users did before, by number."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Lists:
    """The candidates of list l are rows starts[l] to starts[l + 1], all at one moment.

    Its user's events before that moment are past_starts[l] to past_ends[l], in order of time.
    """

    starts: Longs  # [lists + 1]
    items: Ints  # [rows] of the catalogue
    scores: Floats  # [rows], or empty
    ranks: Ints  # [rows], or empty
    moments: Longs  # [lists] microseconds; 0 where there are no times
    past_starts: Longs  # [lists]
    past_ends: Longs  # [lists]
    past_items: Ints  # [events]
    past_times: Longs  # [events] microseconds, or empty
    past_ratings: Floats  # [events], or empty

    def __len__(self) -> int:
        """How many lists there are."""
        return len(self.moments)

    @property
    def rows(self) -> int:
        """How many candidates there are."""
        return int(self.starts[-1] - self.starts[0])

    def owners(self) -> Longs:
        """The list [rows] of each candidate."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))

    def run(self, lists: slice) -> "Lists":
        """Some of the lists, their rows counted from the first."""
        begin, end = self.starts[lists.start], self.starts[lists.stop]
        return replace(
            self,
            starts=self.starts[lists.start : lists.stop + 1] - begin,
            items=self.items[begin:end],
            scores=self.scores[begin:end],
            ranks=self.ranks[begin:end],
            moments=self.moments[lists],
            past_starts=self.past_starts[lists],
            past_ends=self.past_ends[lists],
        )
