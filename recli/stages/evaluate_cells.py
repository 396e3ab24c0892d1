"""Metrics of some users and some of what they chose: sums by a label of each."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recli.kernels.bootstrap import Sums
from recli.kernels.lists import Starts, Values, best
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_part import Buckets, Part, values_of

ALL = -1  # the label of everybody, and of everything that they chose
Codes = npt.NDArray[np.int32]
Key = tuple[int, int]  # codes of a label of users and of a label of what they chose


@dataclass(frozen=True)
class Marks:
    """Labels of the users of a block and of its rows of truth, as codes."""

    users: Codes | None = None  # [users]
    rows: Starts | None = None  # rows of truth in ascending order, again for each label they have
    codes: Codes | None = None  # [rows]

    def of(self, first: int, last: int, rows: slice) -> "Marks":
        """The labels of some users in a run, whose rows of truth are `rows`."""
        users = None if self.users is None else self.users[first:last]
        if self.rows is None or self.codes is None:
            return Marks(users)
        begin, end = np.searchsorted(self.rows, [rows.start, rows.stop])
        return Marks(users, self.rows[begin:end], self.codes[begin:end])


class Cells:
    """Sums of the metrics by the label of users and by that of relevant items.

    In a cell the items with its label are the only ones that are relevant: lists stay as they
    are, users count who chose such an item. Memory grows with cells and metrics alone.
    """

    def __init__(self, asked: list[Asked]) -> None:
        self.asked = asked
        self.sums: dict[Key, Sums] = {}
        self.users: Counter[Key] = Counter()  # who have something relevant
        self.relevant: Counter[Key] = Counter()  # pairs: what truth repeats counts once

    def add(
        self, part: Part, marks: Marks, buckets: Buckets, values: Values, counts: Values
    ) -> None:
        """Add a run of users, whose values over all that they chose are known."""
        self._add(ALL, marks.users, _wanted(part), (buckets, values, counts))
        if marks.rows is None or marks.codes is None:
            return
        for code in np.unique(marks.codes):
            users, some = part.only(marks.rows[marks.codes == code])
            codes = None if marks.users is None else marks.users[users]
            own = values_of(some, self.asked)
            self._add(int(code), codes, _wanted(some), (buckets[users], *own))

    def _add(
        self,
        row: int,
        codes: Codes | None,
        wanted: Starts,
        added: tuple[Buckets, Values, Values],
    ) -> None:
        buckets, values, counts = added
        for code in (ALL, *(() if codes is None else np.unique(codes))):
            key = int(code), row
            chosen = slice(None) if code == ALL else codes == code
            self.users[key] += int((wanted[chosen] > 0).sum())
            self.relevant[key] += int(wanted[chosen].sum())
            if key != (ALL, ALL):  # is measured already
                sums = self.sums.setdefault(key, Sums(len(values)))
                sums.add(buckets[chosen], values[:, chosen], counts[:, chosen])


def _wanted(part: Part) -> Starts:
    """How many relevant items each user has [users]."""
    return best(part.truth, part.gains, 1, part.known.count)[1]
