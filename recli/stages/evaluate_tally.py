"""What evaluate adds up over blocks: values of users, exposure of items, faults."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels import lists as kernel
from recli.kernels.bootstrap import Sums, dealt
from recli.kernels.lists import Flags, Lists, Rows, Values, differences, laid_out
from recli.kernels.numbering import Numbering
from recli.kernels.past import Before
from recli.stages.evaluate_asked import POPULARITY, Asked
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_inputs import Catalogue, Choices
from recli.stages.evaluate_pooled import Pooled

CELLS = 1 << 22  # places of lists that are laid out at a time
SEGMENTS = 200  # labels of --by: past it every one of them holds next to nobody


class Tally:
    """Sums over all blocks; memory grows with items and metrics, not with users."""

    def __init__(
        self, names: list[str], asked: list[Asked], catalogue: Catalogue, choices: Choices
    ) -> None:
        self.catalogue, self.choices = catalogue, choices
        self.past = catalogue.past
        self.baseline = self.past is not None and choices.baseline
        self.names = [*names, POPULARITY] if self.baseline else names
        self.averaged = [one for one in asked if one.averaged]
        self.needs = {need for one in asked for need in one.needs}
        self.rated = "rating" in self.needs
        self.logged = "log" in self.needs
        self.judging = any(hasattr(one.metric, "of_users") for one in asked)
        self.k = max(1, *(one.k for one in asked))
        self.whole = any(one.whole for one in asked)
        self.overall = Sums(self.columns)
        self.by_segment: dict[int, Sums] = {}
        self.labels = Numbering(pl.String)
        self.known = catalogue.known()
        self.counts: Counter[str] = Counter()
        self.longest = dict.fromkeys(names, 0)
        self.listed = dict.fromkeys(self.names, 0)  # users who have a list
        pooled = [one for one in asked if not one.averaged]
        self.pooled = Pooled(self.names, pooled, catalogue.size, choices.like.padding)

    @property
    def columns(self) -> int:
        """Values of a user: the metrics of the first list, then those of the next."""
        return len(self.names) * len(self.averaged)

    def add(self, block: Laid) -> None:
        """Measure every user of a block."""
        for name, rows in block.lists.items():
            self.longest[name] = max(self.longest[name], int(rows.lengths.max(initial=0)))
        wanted = int(block.truth.lengths.max(initial=1))
        widest = max(*self.longest.values(), wanted, self.reach(block.truth))
        depth = widest if self.whole else min(self.k, widest)
        step = max(1, CELLS // depth)
        codes = None if block.segments is None else self._codes(block.segments)
        self.known = self.catalogue.known()
        for first in range(0, len(block.ids), step):
            last = min(first + step, len(block.ids))
            part = None if codes is None else codes[first:last]
            self._add_run(block, first, last, depth, part)

    def reach(self, truth: Rows) -> int:
        """Places of the baseline: as many as metrics look at, or users have relevant items."""
        popular = len(self.past.order) if self.past is not None and self.baseline else 0
        return min(popular, max(self.k, int(truth.lengths.max(initial=0)) if self.whole else 0))

    def _codes(self, segments: pl.Series) -> npt.NDArray[np.int32]:
        codes = self.labels.of(segments)
        if self.labels.count > SEGMENTS:
            raise RecliError(
                f"--by {self.choices.by} has more than {SEGMENTS} values",
                "choose a column with fewer",
                code=ExitCode.USAGE,
            )
        return codes

    def _add_run(
        self,
        block: Laid,
        first: int,
        last: int,
        depth: int,
        segments: npt.NDArray[np.int32] | None,
    ) -> None:
        history = block.history.of(first, last)
        lists = {name: rows.of(first, last) for name, rows in block.lists.items()}
        before = None if self.past is None else Before(history, self.past, self.known)
        if self.baseline and before is not None:
            lists[POPULARITY] = before.popular(self.reach(block.truth))
        shape = (self.columns, last - first)
        values, counts = np.empty(shape), np.ones(shape)
        for at, (name, rows) in enumerate(lists.items()):
            found = self._beside(name, rows, block, first, last, depth, history)
            found = replace(found, **self._more(name, block, first, last, depth))
            found = found if before is None else replace(found, before=before)
            for column, one in enumerate(self.averaged, at * len(self.averaged)):
                values[column], counts[column] = measured(one, found)
            self.pooled.add(name, found)
            if self.catalogue.size is not None:
                self.counts[f"outside {name}"] += int((found.items >= self.catalogue.size).sum())
        truth = block.truth.of(first, last)
        self._count(found, lists, history, truth)
        self.pooled.add_truth(truth, block.gains, self.known.count)
        if self.rated:
            rated = block.ratings[block.truth.starts[first] : block.truth.starts[last]]
            self.counts["ratings"] += int(np.count_nonzero(~np.isnan(rated)))
        buckets = dealt(block.ids[first:last], self.choices.seed)
        self.overall.add(buckets, values, counts)
        for code in () if segments is None else np.unique(segments):
            sums = self.by_segment.setdefault(int(code), Sums(self.columns))
            chosen = segments == code
            sums.add(buckets[chosen], values[:, chosen], counts[:, chosen])

    def _more(self, name: str, block: Laid, first: int, last: int, depth: int) -> dict[str, Any]:
        """What only some metrics read of a run of one list; nothing of the baseline."""
        found: dict[str, Any] = {}
        scores = block.scores.get(name) if "score" in self.needs else None
        if scores is not None:
            rows = block.lists[name].of(first, last)
            found["scores"] = laid_out(rows, scores, depth)
            if self.rated:
                truth = block.truth.of(first, last)
                errors = differences(rows, scores, truth, block.ratings, self.known.count)
                self.counts[f"compared {name}"] += len(errors[1])
                found["errors"] = errors
        if name in block.logs:
            found["log"] = block.logs[name].of(first, last)
        return found

    def _beside(
        self, name: str, rows: Rows, block: Laid, first: int, last: int, depth: int, history: Rows
    ) -> Lists:
        """A run of one list, matched with truth; what is wrong with it is counted."""
        truth = block.truth.of(first, last)
        found, faults = kernel.beside(rows, truth, block.gains, history, depth, self.known)
        if not self.logged:  # a log may well show an item again
            self.counts[f"repeated {name}"] += faults.repeated
            self.counts[f"seen {name}"] += faults.seen
        return replace(found, counted=self._whom(found, rows, truth))

    def _whom(self, found: Lists, rows: Rows, truth: Rows) -> Flags:
        """Whether metrics of relevance are about each user [users]."""
        like = self.choices.like
        wanted = truth.lengths > 0 if like.nothing else found.relevant > 0
        return wanted if like.unlisted else wanted & (rows.lengths > 0)

    def _count(self, found: Lists, lists: dict[str, Rows], history: Rows, truth: Rows) -> None:
        wanted = found.relevant > 0
        self.counts["relevant"] += int(wanted.sum())
        self.counts["nothing"] += int((found.relevant == 0).sum())
        self.counts["worthless"] += int(((found.relevant == 0) & (truth.lengths > 0)).sum())
        self.counts["cold"] += int((wanted & (history.lengths == 0)).sum())
        for name, rows in lists.items():
            self.listed[name] += int((rows.lengths > 0).sum())
            self.counts[f"none {name}"] += int((wanted & (rows.lengths == 0)).sum())


def measured(one: Asked, lists: Lists) -> tuple[Values, Values]:
    """What each user adds above and below the line of a mean [users], NaN of those left out."""
    users = len(lists.relevant)
    lacks = ("score" in one.needs and lists.scores is None) or (
        "log" in one.needs and lists.log is None
    )
    if lacks:  # a baseline scores nothing, and was never shown
        return np.full(users, np.nan), np.ones(users)
    if hasattr(one.metric, "of_users"):
        return one.metric.of_users(lists, one.places), np.ones(users)
    sums, counts = one.metric.of_ratio(lists, one.places)
    return np.where(counts > 0, sums, np.nan), counts
