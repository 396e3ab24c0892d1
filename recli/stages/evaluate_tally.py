"""What evaluate adds up over blocks: values of users, exposure of items, faults."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import ExitCode, RecliError
from recli.kernels import lists as kernel
from recli.kernels.bootstrap import Sums, dealt
from recli.kernels.lists import Exposure, Lists, Rows, Values, differences
from recli.kernels.matrix import Matrix
from recli.kernels.numbering import Numbering
from recli.kernels.popular import first_k
from recli.stages.evaluate_asked import POPULARITY, Asked
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_inputs import Catalogue, Choices

CELLS = 1 << 22  # places of lists that are laid out at a time
SEGMENTS = 200  # labels of --by: past it every one of them holds next to nobody


class Tally:
    """Sums over all blocks; memory grows with items and metrics, not with users."""

    def __init__(
        self, names: list[str], asked: list[Asked], catalogue: Catalogue, choices: Choices
    ) -> None:
        self.catalogue, self.choices = catalogue, choices
        self.baseline = catalogue.popularity() if catalogue.past and choices.baseline else None
        self.names = [*names, POPULARITY] if self.baseline else names
        self.of_users = [one for one in asked if hasattr(one.metric, "of_users")]
        self.of_pairs = [one for one in asked if one.of_pairs]
        self.k = max(1, *(one.k for one in asked))
        self.overall = Sums(self.columns)
        self.by_segment: dict[int, Sums] = {}
        self.labels = Numbering(pl.String)
        self.known = catalogue.known()
        self.counts: Counter[str] = Counter()
        self.longest = dict.fromkeys(names, 0)
        self.listed = dict.fromkeys(self.names, 0)  # users who have a list
        self.exposure: dict[tuple[str, int], Exposure] = {
            (name, one.k): np.zeros(catalogue.size or 0, np.int64)
            for name in self.names
            for one in asked
            if hasattr(one.metric, "of_catalogue")
        }

    @property
    def columns(self) -> int:
        """Values of a user: the metrics of the first list, then those of the next."""
        return len(self.names) * len(self.averaged)

    @property
    def averaged(self) -> list[Asked]:
        """The metrics that are a mean over users or over pairs."""
        return [*self.of_users, *self.of_pairs]

    def add(self, block: Laid) -> None:
        """Measure every user of a block."""
        for name, rows in block.lists.items():
            self.longest[name] = max(self.longest[name], int(rows.lengths.max(initial=0)))
        popular = len(self.baseline[0]) if self.baseline else 0
        widest = max(*self.longest.values(), int(block.truth.lengths.max(initial=1)), popular)
        depth = min(self.k, widest)
        step = max(1, CELLS // depth)
        codes = None if block.segments is None else self._codes(block.segments)
        self.known = self.catalogue.known()
        for first in range(0, len(block.ids), step):
            last = min(first + step, len(block.ids))
            part = None if codes is None else codes[first:last]
            self._add_run(block, first, last, depth, part)

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
        if self.baseline:
            lists[POPULARITY] = self._popular(history)
        shape = (self.columns, last - first)
        values, pairs = np.empty(shape), np.ones(shape)
        for at, (name, rows) in enumerate(lists.items()):
            found = self._beside(name, rows, block, first, last, depth, history)
            own = at * len(self.averaged)
            for column, one in enumerate(self.of_users, own):
                values[column] = one.metric.of_users(found, one.k)
            if self.of_pairs:
                run = slice(own + len(self.of_users), own + len(self.averaged))
                values[run], pairs[run] = self._compared(name, block, first, last)
            self._expose(name, found)
        self._count(found, lists, history)
        if self.of_pairs:
            rated = block.ratings[block.truth.starts[first] : block.truth.starts[last]]
            self.counts["ratings"] += int(np.count_nonzero(~np.isnan(rated)))
        buckets = dealt(block.ids[first:last], self.choices.seed)
        self.overall.add(buckets, values, pairs)
        for code in () if segments is None else np.unique(segments):
            sums = self.by_segment.setdefault(int(code), Sums(self.columns))
            chosen = segments == code
            sums.add(buckets[chosen], values[:, chosen], pairs[:, chosen])

    def _compared(self, name: str, block: Laid, first: int, last: int) -> tuple[Values, Values]:
        """Sums over each user's pairs that have a score and a rating, and the numbers of these.

        Both [metrics of pairs, users]; NaN, and none, for the baseline, which predicts no rating.
        """
        users, scores = last - first, block.scores.get(name)
        sums, pairs = np.full((len(self.of_pairs), users), np.nan), np.zeros(users)
        if scores is not None:
            truth = block.truth.of(first, last)
            scored = (block.lists[name].of(first, last), scores)
            owners, errors = differences(*scored, truth, block.ratings, self.known.count)
            pairs = np.bincount(owners, minlength=users).astype(np.float64)
            for at, one in enumerate(self.of_pairs):
                added = np.bincount(owners, one.metric.of_pairs(errors), users)
                sums[at] = np.where(pairs > 0, added, np.nan)
            self.counts[f"compared {name}"] += len(errors)
        return sums, np.broadcast_to(pairs, sums.shape)

    def _beside(
        self, name: str, rows: Rows, block: Laid, first: int, last: int, depth: int, history: Rows
    ) -> Lists:
        """A run of one list, matched with truth; what is wrong with it is counted."""
        truth = block.truth.of(first, last)
        found, faults = kernel.beside(rows, truth, block.gains, history, depth, self.known)
        self.counts[f"repeated {name}"] += faults.repeated
        self.counts[f"seen {name}"] += faults.seen
        return found

    def _popular(self, history: Rows) -> Rows:
        """The most popular items that each user of the history has not chosen."""
        if self.baseline is None:
            raise TypeError("a baseline needs a history")
        order, weights = self.baseline
        begin, end = int(history.starts[0]), int(history.starts[-1])
        chosen = history.items[begin:end]
        shape = (len(history.starts) - 1, self.catalogue.numbering.count)
        marks = np.ones(len(chosen), np.float32)
        barred = Matrix((marks, chosen, history.starts - begin), shape=shape)
        barred.sort_indices()
        columns, _ = first_k(order, weights, self.k, barred)
        lengths = (columns >= 0).sum(axis=1)
        return Rows(np.concatenate([[0], lengths.cumsum()]), columns[columns >= 0])

    def _expose(self, name: str, found: Lists) -> None:
        size = self.catalogue.size or 0
        for of, k in self.exposure:
            if of == name:
                shown = found.items[:, :k]
                inside = (shown >= 0) & (shown < size)
                self.exposure[of, k] += np.bincount(shown[inside], minlength=size)
        if self.exposure:
            self.counts[f"outside {name}"] += int((found.items >= size).sum())

    def _count(self, found: Lists, lists: dict[str, Rows], history: Rows) -> None:
        wanted = found.relevant > 0
        self.counts["relevant"] += int(wanted.sum())
        self.counts["nothing"] += int((found.relevant == 0).sum())
        self.counts["cold"] += int((wanted & (history.lengths == 0)).sum())
        for name, rows in lists.items():
            self.listed[name] += int((rows.lengths > 0).sum())
            self.counts[f"none {name}"] += int((wanted & (rows.lengths == 0)).sum())
