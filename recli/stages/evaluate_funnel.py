"""What each stage of a funnel loses of what users chose, and how well its rest could be ordered."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from recli.kernels.bootstrap import Sums, draws
from recli.kernels.lists import Lists, Rows, Starts, best
from recli.kernels.reach import Reach, Wanted, reach
from recli.stages.evaluate_asked import Asked, parsed
from recli.stages.evaluate_part import Buckets, Part
from recli.store.merged import merged
from recli.store.open import Table


@dataclass(frozen=True)
class Interval:
    """A mean with the ends of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Stage:
    """One stage: what came in, what it holds, what it lost."""

    stage: str  # the command that made it, else the name of its table
    lists: str  # name of its table
    rows: int
    users: int  # who have a list
    without: int  # users with something relevant who have none
    relevant: int  # pairs that users chose; what truth repeats counts once
    came_in: int  # of these, how many the stage before holds; all before the first
    reached: int  # how many this stage holds
    kept: int  # of those that came in
    lost_without: int  # of those lost, how many are of users without a list
    lost_new: int  # how many are of items that the history does not hold; 0 without one
    lost_seen: int  # how many are of items that the user chose in the history
    invented: int  # items of lists that the stage before does not hold
    recall: Interval  # ceiling of recall: mean of users
    pairs: Interval  # ceiling of recall: share of all pairs
    oracle: Interval  # the best order's NDCG

    @property
    def lost(self) -> int:
        """Relevant pairs that came in and did not come out."""
        return self.came_in - self.kept

    @property
    def lost_points(self) -> float:
        """What it lost, as a share of everything that users chose."""
        return self.lost / self.relevant

    @property
    def lost_share(self) -> float:
        """What it lost, as a share of what came in; NaN where nothing did."""
        return self.lost / self.came_in if self.came_in else float("nan")


class Funnel:
    """Sums over the stages of a funnel, in order; memory does not grow with users."""

    def __init__(self, names: list[str], stages: tuple[str, ...], oracle: Asked) -> None:
        self.names, self.stages, self.oracle = names, stages, oracle
        self.sums = Sums(3 * len(names))
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, part: Part, buckets: Buckets) -> None:
        """Add a run of users."""
        depth = min(self.oracle.k, max(1, int(part.truth.lengths.max(initial=1))))
        wanted = Wanted(part.truth, part.gains, part.history, _chosen(part))
        ideal, relevant = best(part.truth, part.gains, depth, part.known.count)
        shape = 3 * len(self.names), part.users
        values, weights = np.empty(shape), np.ones(shape)
        some = relevant > 0
        before, came_in = None, relevant
        for at, name in enumerate(self.names):
            rows = part.lists[name]
            held = reach(rows, before, wanted, depth)
            lists = Lists(
                held.gains, ideal, relevant, np.full(ideal.shape, -1, np.int32), part.known
            )
            values[3 * at] = np.where(some, held.reached / relevant.clip(min=1), np.nan)
            values[3 * at + 1] = np.where(some, held.reached, np.nan)
            weights[3 * at + 1] = relevant
            values[3 * at + 2] = self.oracle.metric.of_users(lists, self.oracle.k)
            self._count(name, rows, relevant, came_in, held)
            before, came_in = rows, held.reached
        self.sums.add(buckets, values, weights)

    def _count(self, name: str, rows: Rows, relevant: Starts, came_in: Starts, held: Reach) -> None:
        none, lost = rows.lengths == 0, came_in - held.kept
        added = {
            "rows": rows.lengths,
            "users": ~none,
            "without": (relevant > 0) & none,
            "relevant": relevant,
            "came_in": came_in,
            "reached": held.reached,
            "kept": held.kept,
            "lost_without": lost[none],
            "lost_new": held.lost_new,
            "lost_seen": held.lost_seen,
            "invented": held.invented,
        }
        self.counts.update({(name, count): int(each.sum()) for count, each in added.items()})

    def warned(self) -> list[str]:
        """A line for each stage that offers what the stage before it did not."""
        return [
            f"{name}: {self.counts[name, 'invented']:,} items offered are not in {before}: "
            "a stage of a funnel takes its items from the one before"
            for before, name in pairwise(self.names)
            if self.counts[name, "invented"]
        ]

    def found(self, seed: int) -> list[Stage]:
        """The stages with what was counted of each."""
        ends = zip(self.sums.means, *self.sums.interval(draws(seed)), strict=True)
        intervals = [Interval(*map(float, one)) for one in ends]
        return [
            Stage(
                stage,
                name,
                **{count: number for (of, count), number in self.counts.items() if of == name},
                recall=intervals[3 * at],
                pairs=intervals[3 * at + 1],
                oracle=intervals[3 * at + 2],
            )
            for at, (name, stage) in enumerate(zip(self.names, self.stages, strict=True))
        ]


def _chosen(part: Part) -> npt.NDArray[np.bool_]:
    """Whether the history holds each item; all without one [items]."""
    if part.before is None:
        return np.ones(part.known.count, np.bool_)
    return part.before.past.choosers(part.known.count) > 0


def with_oracle(asked: list[Asked], final: Table) -> list[Asked]:
    """The metrics with an NDCG among them: that of the whole final lists where none was asked."""
    if any(one.name == "ndcg" for one in asked):
        return asked
    longest = 1
    for block in merged({"lists": (final, ["user_id"])}):
        lengths = block["lists"]["user_id"].rle().struct.field("len")
        longest = max(longest, int(lengths.max() or 0))  # type: ignore[arg-type]
    return [*asked, parsed(f"ndcg@{longest}")]


def oracle_of(asked: list[Asked]) -> Asked:
    """The first NDCG that was asked for."""
    return next(one for one in asked if one.name == "ndcg")
