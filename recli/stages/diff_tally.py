"""What diff adds up over blocks: measures of users, exposure of items, scores, who moved most."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels import score_shift, two_lists
from recli.kernels.bootstrap import Sums, dealt
from recli.kernels.exposure import Counts
from recli.kernels.lists import Rows, Values
from recli.stages.diff_asked import Choices
from recli.stages.evaluate_blocks import Laid
from recli.stages.evaluate_inputs import Catalogue

SIDES = ("old", "new")
OF_USERS = ("overlap", "churn", "jaccard", "rbo", "identical")  # in the order of the kernel


class Tally:
    """Sums over all blocks; memory grows with items and measures, not with users."""

    def __init__(
        self, catalogue: Catalogue, chosen: Counts, choices: Choices, *, scored: bool
    ) -> None:
        self.catalogue, self.choices, self.scored = catalogue, choices, scored
        self.levels = np.sort(chosen)
        self.percentile = self._percentiles(chosen)  # [items], grows with them
        self.columns = [(name, k, "") for k in choices.ks for name in OF_USERS]
        self.columns += [] if 1 in choices.ks else [("identical", 1, "")]
        self.columns += [("popularity", k, side) for k in choices.ks for side in (*SIDES, "")]
        self.columns += [("score", 0, side) for side in (*SIDES, "") if scored]
        self.sums = Sums(len(self.columns))
        self.exposure = {
            (side, k): np.zeros(len(chosen), np.int64) for k in choices.ks for side in SIDES
        }
        self.scores = {side: score_shift.empty() for side in SIDES}
        self.counts: Counter[str] = Counter()
        self.least = pl.DataFrame()

    def _percentiles(self, chosen: Counts) -> Values:
        """Share of the items that were chosen less often, and half of those as often."""
        less, more = (np.searchsorted(self.levels, chosen, side) for side in ("left", "right"))
        middles: Values = (less + more) / (2 * max(len(self.levels), 1))
        return middles

    def add(self, block: Laid) -> None:
        """Compare the lists of every user of a block."""
        self._grow()
        old, new = (block.lists[side] for side in SIDES)
        both = (old.lengths > 0) & (new.lengths > 0)
        self._count(old, new, both)
        parts = [self._kept(old, new)]
        self._remember(block.ids, parts[0])
        parts += [self._popular(old, new, k, both) for k in self.choices.ks]
        weights = np.ones((len(self.columns), len(both)))
        if self.scored:
            for side in SIDES:
                self.scores[side] += score_shift.counted(block.scores[side])
            scores = (block.scores[side] for side in SIDES)
            sums, weights[-3:] = two_lists.common(
                old, next(scores), new, next(scores), self.catalogue.numbering.count
            )
            parts.append(sums)
        self.sums.add(dealt(block.ids, self.choices.seed), np.concatenate(parts), weights)

    def _count(self, old: Rows, new: Rows, both: npt.NDArray[np.bool_]) -> None:
        for side, rows in zip(SIDES, (old, new), strict=True):
            self.counts[side] += int((rows.lengths > 0).sum())
            self.counts[f"rows {side}"] += int(rows.lengths.sum())
        self.counts["both"] += int(both.sum())

    def _kept(self, old: Rows, new: Rows) -> Values:
        """What stayed of each user's lists [measures, users], in the order of the columns."""
        count = self.catalogue.numbering.count
        found = [two_lists.compared(old, new, k, count) for k in self.choices.ks]
        if 1 not in self.choices.ks:
            found.append(two_lists.compared(old, new, 1, count)[[two_lists.IDENTICAL]])
        return np.concatenate(found)

    def _grow(self) -> None:
        """Make room for items that nothing knew before this block."""
        more = self.catalogue.numbering.count - len(self.percentile)
        if more > 0:
            unknown = self._percentiles(np.zeros(1, np.int64))[0]
            self.percentile = np.pad(self.percentile, (0, more), constant_values=unknown)
            self.exposure = {key: np.pad(old, (0, more)) for key, old in self.exposure.items()}

    def _popular(self, old: Rows, new: Rows, k: int, both: npt.NDArray[np.bool_]) -> Values:
        """Mean percentile [old, new, difference] of what each user of both tables is shown."""
        before, after = (
            two_lists.shown(rows, k, self.percentile, self.exposure[side, k])
            for side, rows in zip(SIDES, (old, new), strict=True)
        )
        return np.where(both, np.stack([before, after, after - before]), np.nan)

    def _remember(self, ids: pl.Series, found: Values) -> None:
        """Keep the users whose lists have least in common."""
        rows = pl.DataFrame({"user_id": ids, "overlap": found[0], "rbo": found[two_lists.RBO]})
        rows = rows.filter(pl.col("overlap").is_not_nan())
        kept = pl.concat([self.least, rows], how="diagonal")
        self.least = kept.sort("overlap", "rbo", "user_id").head(self.choices.movers)
