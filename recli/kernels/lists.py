"""Lists of items laid beside what their users turned out to want."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels import list_places

if TYPE_CHECKING:
    from recli.kernels.past import Before, Past
    from recli.kernels.shown import Log

Values = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Starts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Errors = tuple[Starts, Values]  # [pairs] users, and how much their scores are above their ratings


@dataclass(frozen=True)
class Rows:
    """Item numbers of a block's users: those of user u are items[starts[u] : starts[u + 1]]."""

    starts: Starts  # [users + 1]
    items: Numbers  # [rows]

    def of(self, first: int, last: int) -> "Rows":
        """The rows of some users in a run."""
        return Rows(self.starts[first : last + 1], self.items)

    def at(self, users: Starts, most: int | None = None) -> tuple["Rows", Starts]:
        """The rows of some users, the first `most` of each, and their places in `items` [rows]."""
        lengths = self.lengths[users]
        lengths = lengths if most is None else lengths.clip(max=most)
        starts = np.concatenate([[0], lengths.cumsum()])
        places = np.arange(starts[-1]) + np.repeat(self.starts[users] - starts[:-1], lengths)
        return Rows(starts, self.items[places]), places

    @property
    def lengths(self) -> Starts:
        """Rows of each user [users]."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Items:
    """What is known of the items of a block."""

    count: int
    information: Values  # [items] bits, or empty without a history
    labels: Mapping[str, sparse.csr_array] = field(default_factory=dict)  # [items, values]
    numbers: Mapping[str, Values] = field(default_factory=dict)  # [items] a column of --items
    past: "Past" = None  # type: ignore[assignment]
    catalogue: int = 0  # items that could have been offered


@dataclass(frozen=True)
class Lists:
    """What a metric of users is given: a run of users, the first `depth` places of each list.

    `depth` is at most the largest k asked for, and less where no list and no user's relevant
    items reach that far: look at `first(k)`, take the width from it, divide by k. What is not
    read for any metric is empty or None.
    """

    gains: Values  # [users, depth] gain of the item in each place, 0 where it is not relevant
    ideal: Values  # [users, depth] gains of the user's relevant items, falling, then 0
    relevant: Starts  # [users] number of relevant items
    items: Numbers  # [users, depth] item numbers, -1 past the end and for repeated items
    known: Items
    # What follows is there where a metric needs it.
    before: "Before" = None  # type: ignore[assignment] # what the users did before
    scores: Values = None  # type: ignore[assignment] # [users, depth] NaN past the end
    errors: Errors = None  # type: ignore[assignment]
    log: "Log" = None  # type: ignore[assignment] # the rows as they were shown
    counted: Flags | None = None  # [users] whom metrics of relevance are about; those with any
    held: dict[int, "Lists"] = field(default_factory=dict, repr=False)

    def first(self, k: int) -> "Lists":
        """The first k places of the same lists; what metrics of one k find out is shared."""
        if k >= self.items.shape[1]:
            return self
        if k not in self.held:
            self.held[k] = replace(
                self,
                gains=self.gains[:, :k],
                ideal=self.ideal[:, :k],
                items=self.items[:, :k],
                scores=None if self.scores is None else self.scores[:, :k],
                held={},
            )
        return self.held[k]

    @cached_property
    def hits(self) -> Flags:
        """Whether each place holds a relevant item [users, depth]."""
        return self.gains > 0

    @cached_property
    def found(self) -> Values:
        """Number of hits of each user [users]."""
        return np.asarray(self.hits.sum(axis=1), np.float64)

    @cached_property
    def there(self) -> Flags:
        """Whether each place holds an item that no place above it holds [users, depth]."""
        return self.items >= 0

    @cached_property
    def lengths(self) -> Values:
        """Number of different items of each user [users]."""
        return np.asarray(self.there.sum(axis=1), np.float64)

    def judged(self, values: Values) -> Values:
        """The values [users], NaN (left out of the mean) for users with nothing relevant."""
        counted = self.relevant > 0 if self.counted is None else self.counted
        return np.where(counted, values, np.nan)

    def mean(self, values: Values) -> Values:
        """Mean of `values` [users, depth] over each user's items [users], NaN where none are."""
        sums = total(np.where(self.there, values, 0.0))
        return np.where(self.lengths > 0, sums / self.lengths.clip(min=1), np.nan)


def total(values: Values) -> Values:
    """Sum of each row [users], added place by place.

    Zeros past the end of a list then change no bit, whatever the width of the block.
    """
    sums = np.empty(len(values))
    list_places.sums(values, sums)
    return sums


@dataclass(frozen=True)
class Faults:
    """What the lists of a run of users hold that a reader should be told of."""

    repeated: int  # places that repeat an item of the same list
    seen: int  # places that hold an item of the user's history


def beside(
    lists: Rows, truth: Rows, gains: Values, history: Rows, depth: int, known: Items
) -> tuple[Lists, Faults]:
    """Lists [users, depth] of a run of users, matched with `truth` and its `gains` [rows].

    A repeated item counts once, at its first place; its later places stay, and earn nothing.
    A pair that truth repeats counts once, with its largest gain; gains <= 0 are not relevant.
    Memory: users * depth * 20 bytes, and 36 bytes of scratch an item.
    """
    users, items = len(lists.starts) - 1, known.count
    placed = np.full((users, depth), -1, np.int32)
    found = np.zeros((users, depth))
    ideal, relevant = best(truth, gains, depth, items)
    wanted = (truth.starts, truth.items, gains)
    scratch = (np.full((3, items), -1, np.int32), np.zeros(items))
    past = (history.starts, history.items)
    repeated, seen = list_places.place(
        lists.starts, lists.items, *wanted, *past, placed, found, *scratch
    )
    return Lists(found, ideal, relevant, placed, known), Faults(repeated, seen)


def best(truth: Rows, gains: Values, depth: int, items: int) -> tuple[Values, Starts]:
    """Gains of each user's relevant items, falling [users, depth], and how many these are [users].

    A pair that truth repeats counts once, with its largest gain.
    """
    users = len(truth.starts) - 1
    ideal, relevant = np.zeros((users, depth)), np.zeros(users, np.int64)
    scratch = np.full((2, items), -1, np.int32), np.zeros(items)
    list_places.relevant_of(truth.starts, truth.items, gains, ideal, relevant, *scratch)
    return ideal, relevant


def differences(lists: Rows, scores: Values, truth: Rows, ratings: Values, items: int) -> Values:
    """How much scores are above ratings [rows of truth of a run of users].

    NaN for rows without a rating, or whose item is not in the user's list; `scores` [rows of
    lists], `ratings` [rows of truth], `items` is the number of items. Of an item that a list
    repeats the first place counts.
    """
    begin, end = int(truth.starts[0]), int(truth.starts[-1])
    errors = np.full(end - begin, np.nan)
    scratch = np.full(items, -1, np.int32), np.zeros(items)
    list_places.differences(
        lists.starts, lists.items, scores, truth.starts, truth.items, ratings, errors, *scratch
    )
    return errors


def errors_of(truth: Rows, differences: Values) -> Errors:
    """Whose the differences [rows of truth] of a run of users are, without those that are NaN."""
    known = np.logical_not(np.isnan(differences))
    owners = np.repeat(np.arange(len(truth.starts) - 1), truth.lengths)
    return owners[known], differences[known]


def laid_out(lists: Rows, values: Values, depth: int) -> Values:
    """Values [rows of lists] in the places of the lists [users, depth], NaN past the end."""
    placed = np.full((len(lists.starts) - 1, depth), np.nan)
    list_places.lay(lists.starts, values, placed)
    return placed
