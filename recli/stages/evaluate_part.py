"""A run of a block's users with what they were offered and what they wanted."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels import lists as kernel
from recli.kernels.lists import Faults, Flags, Items, Lists, Rows, Starts, Values
from recli.kernels.past import Before
from recli.kernels.shown import Log
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_like import Convention
from recli.stages.evaluate_measure import measured

Buckets = npt.NDArray[np.int64]  # [users] of the bootstrap


@dataclass(frozen=True)
class Part:
    """Users side by side in every table."""

    lists: dict[str, Rows]  # by name, baselines too
    scores: dict[str, Values]  # [rows of lists] of those that have any
    truth: Rows
    gains: Values  # [rows of truth] 0 where not relevant
    ratings: Values  # [rows of truth] NaN where there is none
    before: Before | None  # what they did, where there is a history
    known: Items
    depth: int  # places of lists that some metric looks at
    rated: bool  # whether a metric compares scores with ratings
    like: Convention
    logs: dict[str, Log] = field(default_factory=dict)

    @property
    def users(self) -> int:
        """How many users there are."""
        return len(self.truth.starts) - 1

    @property
    def rows(self) -> slice:
        """The rows of truth that are theirs."""
        return slice(int(self.truth.starts[0]), int(self.truth.starts[-1]))

    @property
    def history(self) -> Rows:
        """What they did before; nothing without a history."""
        none = Rows(np.zeros(self.users + 1, np.int64), np.zeros(0, np.int32))
        return none if self.before is None else self.before.rows

    def laid(self, name: str) -> tuple[Lists, Faults]:
        """Lists of a name beside truth, with what else metrics read of them."""
        rows, scores = self.lists[name], self.scores.get(name)
        wanted = self.truth, self.gains, self.history
        found, faults = kernel.beside(rows, *wanted, self.depth, self.known)
        more: dict[str, Any] = {"log": self.logs.get(name), "before": self.before}
        more["counted"] = self._counted(found, rows)
        if scores is not None:
            more["scores"] = kernel.laid_out(rows, scores, self.depth)
            if self.rated:
                more["errors"] = kernel.errors_of(self.truth, self.apart(name))
        return replace(found, **more), faults

    def apart(self, name: str) -> Values:
        """How much scores of lists are above ratings [rows of truth], NaN where one is missing."""
        told = self.truth, self.ratings, self.known.count
        return kernel.differences(self.lists[name], self.scores[name], *told)

    def _counted(self, found: Lists, rows: Rows) -> Flags:
        """Whether metrics of relevance are about each user [users]."""
        wanted = self.truth.lengths > 0 if self.like.nothing else found.relevant > 0
        return wanted if self.like.unlisted else wanted & (rows.lengths > 0)

    def only(self, rows: Starts) -> tuple[Starts, "Part"]:
        """The users of some rows of truth, in ascending order, as if nothing else were there.

        `rows` ascend. Lists stay as they are, if cut to what metrics look at. There are no logs:
        what was clicked is not what was chosen.
        """
        owners = np.searchsorted(self.truth.starts, rows, side="right") - 1
        begins = np.flatnonzero(np.diff(owners, prepend=-1))
        users, counts = owners[begins], np.diff(begins, append=len(owners))
        most = None if self.rated else self.depth
        cut = {name: held.at(users, most) for name, held in self.lists.items()}
        before = self.before and Before(self.history.at(users)[0], self.before.past, self.known)
        return users, replace(
            self,
            lists={name: found for name, (found, _) in cut.items()},
            scores={name: scores[cut[name][1]] for name, scores in self.scores.items()},
            truth=Rows(np.concatenate([[0], counts.cumsum()]), self.truth.items[rows]),
            gains=self.gains[rows],
            ratings=self.ratings[rows],
            before=before,
            logs={},
        )


def values_of(part: Part, asked: list[Asked]) -> tuple[Values, Values]:
    """What each user adds to each metric of each list, above and below the line.

    Both [lists * metrics, users]: those of the first list, then of the next. Only users with
    something relevant count, and in errors those with something rated.
    """
    values, counts = np.ones((2, len(part.lists) * len(asked), part.users))
    for at, name in enumerate(part.lists):
        lists, _ = part.laid(name)
        for column, one in enumerate(asked, at * len(asked)):
            added, counts[column] = measured(one, lists)
            values[column] = added if "rating" in one.needs else lists.judged(added)
    return values, counts
