"""Lists of items laid beside what their users turned out to want."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

Values = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Starts = npt.NDArray[np.int64]
Exposure = npt.NDArray[np.int64]  # [items] users in whose first k places an item stands


@dataclass(frozen=True)
class Rows:
    """Item numbers of a block's users: those of user u are items[starts[u] : starts[u + 1]]."""

    starts: Starts  # [users + 1]
    items: Numbers  # [rows]

    def of(self, first: int, last: int) -> "Rows":
        """The rows of some users in a run."""
        return Rows(self.starts[first : last + 1], self.items)

    @property
    def lengths(self) -> Starts:
        """Rows of each user [users]."""
        return np.diff(self.starts)


@dataclass(frozen=True)
class Lists:
    """What a metric of users is given: a run of users, the first `depth` places of each list.

    `depth` is at most the largest k asked for, and less where no list and no user's relevant
    items reach that far: cut to `[:, :k]`, take the width from the cut, divide by k.
    """

    gains: Values  # [users, depth] gain of the item in each place, 0 where it is not relevant
    ideal: Values  # [users, depth] gains of the user's relevant items, falling, then 0
    relevant: Starts  # [users] number of relevant items
    items: Numbers  # [users, depth] item numbers, -1 past the end and for repeated items
    information: Values = field(default_factory=lambda: np.zeros(0))  # [items] bits, of --history
    labels: Mapping[str, sparse.csr_array] = field(default_factory=dict)  # [items, values]

    def hits(self, k: int) -> npt.NDArray[np.bool_]:
        """Whether each of the first k places holds a relevant item [users, <= k]."""
        return self.gains[:, :k] > 0

    def judged(self, values: Values) -> Values:
        """The values [users], NaN (left out of the mean) for users with nothing relevant."""
        return np.where(self.relevant > 0, values, np.nan)


def total(values: Values) -> Values:
    """Sum of each row [users], added place by place.

    Zeros past the end of a list then change no bit, whatever the width of the block.
    """
    sums: Values = values.cumsum(axis=1)[:, -1]
    return sums


@dataclass(frozen=True)
class Items:
    """What is known of the items of a block."""

    count: int
    information: Values  # [items], or empty without a history
    labels: Mapping[str, sparse.csr_array] = field(default_factory=dict)  # [items, values]


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
    ideal = np.zeros((users, depth))
    relevant = np.zeros(users, np.int64)
    wanted = (truth.starts, truth.items, gains)
    _relevant(*wanted, ideal, relevant, np.full((2, items), -1, np.int32), np.zeros(items))
    scratch = (np.full((3, items), -1, np.int32), np.zeros(items))
    past = (history.starts, history.items)
    repeated, seen = _place(lists.starts, lists.items, *wanted, *past, placed, found, *scratch)
    laid = Lists(found, ideal, relevant, placed, known.information, known.labels)
    return laid, Faults(repeated, seen)


def differences(
    lists: Rows, scores: Values, truth: Rows, ratings: Values, items: int
) -> tuple[Starts, Values]:
    """How much scores are above ratings, for a run of users: whose they are, and by how much.

    Both [pairs], a pair for each row of `truth` that has a rating, not NaN, and an item in the
    user's list; `scores` [rows of lists], `ratings` [rows of truth], `items` is the number of
    items. Of an item that a list repeats the first place counts.
    """
    begin, end = int(truth.starts[0]), int(truth.starts[-1])
    errors = np.full(end - begin, np.nan)
    scratch = np.full(items, -1, np.int32), np.zeros(items)
    _differences(
        lists.starts, lists.items, scores, truth.starts, truth.items, ratings, errors, *scratch
    )
    known = np.logical_not(np.isnan(errors))
    return np.repeat(np.arange(len(truth.starts) - 1), truth.lengths)[known], errors[known]


@njit(cache=True)
def _differences(  # type: ignore[no-untyped-def]
    starts, items, scores, truth_starts, truth_items, ratings, errors, mark, score
):
    """Writes score minus rating of each row of truth whose item is in the list."""
    for user in range(len(starts) - 1):
        for at in range(starts[user + 1] - 1, starts[user] - 1, -1):
            mark[items[at]] = user
            score[items[at]] = scores[at]
        for at in range(truth_starts[user], truth_starts[user + 1]):
            if mark[truth_items[at]] == user:
                errors[at - truth_starts[0]] = score[truth_items[at]] - ratings[at]


@njit(cache=True)
def _relevant(starts, items, gains, ideal, relevant, mark, best):  # type: ignore[no-untyped-def]
    """Count each user's relevant items and put their gains in falling order."""
    for user in range(len(starts) - 1):
        begin, end = starts[user], starts[user + 1]
        for at in range(begin, end):
            item = items[at]
            if gains[at] > 0:
                known = mark[0, item] == user
                best[item] = max(best[item], gains[at]) if known else gains[at]
                mark[0, item] = user
        distinct = np.empty(end - begin)
        count = 0
        for at in range(begin, end):
            item = items[at]
            if mark[0, item] == user and mark[1, item] != user:
                mark[1, item] = user
                distinct[count] = best[item]
                count += 1
        relevant[user] = count
        falling = -np.sort(-distinct[:count])
        for at in range(min(count, ideal.shape[1])):
            ideal[user, at] = falling[at]


@njit(cache=True)
def _place(  # type: ignore[no-untyped-def]
    starts, items, truth_starts, truth_items, gains, past_starts, past_items, placed, found,
    mark, best,
):  # fmt: skip
    """Put each list's items and their gains in their places; count the faults."""
    repeated = 0
    seen = 0
    for user in range(len(starts) - 1):
        for at in range(truth_starts[user], truth_starts[user + 1]):
            item = truth_items[at]
            known = mark[0, item] == user
            best[item] = max(best[item], gains[at]) if known else gains[at]
            mark[0, item] = user
        for at in range(past_starts[user], past_starts[user + 1]):
            mark[1, past_items[at]] = user
        length = min(starts[user + 1] - starts[user], placed.shape[1])
        for place in range(length):
            item = items[starts[user] + place]
            if mark[2, item] == user:
                repeated += 1
                continue
            mark[2, item] = user
            placed[user, place] = item
            seen += mark[1, item] == user
            if mark[0, item] == user:
                found[user, place] = max(best[item], 0.0)
    return repeated, seen
