"""What evaluate adds up over blocks: values of users, exposure of items, faults."""

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from recli.kernels.bootstrap import Sums, dealt
from recli.kernels.lists import Lists, Rows, Values
from recli.kernels.past import Before
from recli.stages.evaluate_asked import Asked
from recli.stages.evaluate_baselines import Baseline
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_cells import Cells, Marks
from recli.stages.evaluate_compare import Comparing, held_against
from recli.stages.evaluate_funnel import Funnel, oracle_of
from recli.stages.evaluate_inputs import Catalogue, Choices
from recli.stages.evaluate_measure import measured
from recli.stages.evaluate_pairs import Pairs
from recli.stages.evaluate_part import Part
from recli.stages.evaluate_pooled import Pooled
from recli.stages.evaluate_popularity import Spread
from recli.stages.evaluate_summary import TRUTH, Holdings

CELLS = 1 << 22  # places of lists that are laid out at a time


class Divider(Protocol):
    """What tells users, or what they chose, apart."""

    def marks(self, block: Laid) -> Marks:
        """The labels of a block's users and of its rows of truth."""


class Tally:
    """Sums over all blocks; memory grows with items and metrics, not with users."""

    def __init__(
        self,
        names: list[str],
        asked: list[Asked],
        catalogue: Catalogue,
        choices: Choices,
        baselines: Sequence[Baseline] = (),
        dividers: Sequence[Divider] = (),
    ) -> None:
        self.catalogue, self.choices, self.baselines = catalogue, choices, baselines
        self.past = catalogue.past
        self.names = [*names, *(one.name for one in baselines)]
        self.averaged = [one for one in asked if one.averaged]
        self.needs = {need for one in asked for need in one.needs}
        self.rated = "rating" in self.needs
        self.logged = "log" in self.needs
        self.judging = any(hasattr(one.metric, "of_users") for one in asked)
        self.k = max(one.k for one in asked) or 1
        self.whole = any(one.whole for one in asked)
        self.overall = Sums(self.columns)
        held = held_against(names, [one.name for one in baselines], choices.against)
        self.comparing = Comparing(held, self.averaged)
        self.divided = [(one, Cells(self.averaged)) for one in dividers]
        self.funnel = None
        if choices.funnel:
            self.funnel = Funnel(names, choices.funnel, oracle_of(asked))
        self.known = catalogue.known()
        self.held = Holdings()
        ranked = any(one.k for one in asked)
        self.spread = Spread(catalogue) if catalogue.past and ranked else None
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
        marks = [divider.marks(block) for divider, _ in self.divided]
        self.known = self.catalogue.known()
        for name, rows in (block.lists | {TRUTH: block.truth}).items():
            self.held.add(name, rows, self.known.count)
        if self.spread is not None:
            self.spread.add_truth(block.truth.items[block.gains > 0])
        for first in range(0, len(block.ids), step):
            last = min(first + step, len(block.ids))
            self._add_run(block, first, last, depth, marks)

    def reach(self, truth: Rows) -> int:
        """Places of baselines: as many as metrics look at, or users have relevant items."""
        longest = max((one.longest for one in self.baselines), default=0)
        return min(longest, max(self.k, int(truth.lengths.max(initial=0)) if self.whole else 0))

    def _add_run(self, block: Laid, first: int, last: int, depth: int, marks: list[Marks]) -> None:
        part = self._part(block, first, last, depth)
        values, counts = self._measured(part)
        self.pooled.add_truth(part.truth, block.gains, self.known.count)
        buckets = dealt(block.ids[first:last], self.choices.seed)
        self.overall.add(buckets, values, counts)
        by_list = [np.split(each, len(part.lists)) for each in (values, counts)]
        sides = dict(zip(part.lists, zip(*by_list, strict=True), strict=True))
        self.comparing.add(buckets, sides, Pairs(part))
        for (_, cells), marked in zip(self.divided, marks, strict=True):
            cells.add(part, marked.of(first, last, part.rows), buckets, values, counts)
        if self.funnel is not None:
            self.funnel.add(part, buckets)

    def _measured(self, part: Part) -> tuple[Values, Values]:
        """What each user adds to each column, above and below the line [columns, users]."""
        values, counts = np.ones((2, self.columns, part.users))
        for at, name in enumerate(part.lists):
            found = self._laid(name, part)
            for column, one in enumerate(self.averaged, at * len(self.averaged)):
                values[column], counts[column] = measured(one, found)
            self.pooled.add(name, found)
            if self.spread is not None:
                self.spread.add_shown(name, found.items[:, : self.k])
        self._count(found, part)
        return values, counts

    def _part(self, block: Laid, first: int, last: int, depth: int) -> Part:
        """A run of users, with the list of the baseline."""
        history = block.history.of(first, last)
        lists = {name: rows.of(first, last) for name, rows in block.lists.items()}
        before = None if self.past is None else Before(history, self.past, self.known)
        if before is not None and block.weights is not None:
            told = before, block.weights, self.reach(block.truth)
            lists |= {one.name: one.lists(*told) for one in self.baselines}
        truth = block.truth.of(first, last), block.gains, block.ratings
        logs = {name: log.of(first, last) for name, log in block.logs.items()}
        scores = block.scores if "score" in self.needs else {}
        like = self.choices.like
        return Part(lists, scores, *truth, before, self.known, depth, self.rated, like, logs)

    def _laid(self, name: str, part: Part) -> Lists:
        """A run of one list, matched with truth; what is wrong with it is counted."""
        found, faults = part.laid(name)
        if not self.logged:  # a log may well show an item again
            self.counts[f"repeated {name}"] += faults.repeated
            self.counts[f"seen {name}"] += faults.seen
        if found.errors is not None:
            self.counts[f"compared {name}"] += len(found.errors[1])
        if "items or history" in self.needs:
            outside = found.items >= (self.catalogue.size or 0)
            self.counts[f"outside {name}"] += int(outside.sum())
        return found

    def _count(self, found: Lists, part: Part) -> None:
        wanted = found.relevant > 0
        self.counts["relevant"] += int(wanted.sum())
        self.counts["nothing"] += int((found.relevant == 0).sum())
        self.counts["worthless"] += int(((found.relevant == 0) & (part.truth.lengths > 0)).sum())
        self.counts["cold"] += int((wanted & (part.history.lengths == 0)).sum())
        for name, rows in part.lists.items():
            self.listed[name] += int((rows.lengths > 0).sum())
            self.counts[f"none {name}"] += int((wanted & (rows.lengths == 0)).sum())
        if self.rated:
            self.counts["ratings"] += int(np.count_nonzero(~np.isnan(part.ratings[part.rows])))
