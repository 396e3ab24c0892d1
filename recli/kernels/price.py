"""What the first places of lists are worth before and after a rule: numbers that add up."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.distances import mean_jaccard_of

Longs = npt.NDArray[np.int64]
Doubles = npt.NDArray[np.float64]
EXPOSED = 1 << 21  # rows of exposure that are held before they are added up


@dataclass(frozen=True)
class Mean:
    """A mean over the lists that have the value, as its sum and their number."""

    sum: float = 0.0
    count: int = 0

    @staticmethod
    def of(values: Doubles) -> Mean:
        """The mean of those [lists] that are not NaN."""
        known = values[~np.isnan(values)]
        return Mean(float(known.sum()), len(known))

    def __add__(self, other: Mean) -> Mean:
        return Mean(self.sum + other.sum, self.count + other.count)

    @property
    def value(self) -> float | None:
        """The mean; None of nothing."""
        return self.sum / self.count if self.count else None


@dataclass(frozen=True)
class Worth:
    """What the first places of some lists are worth."""

    score: Mean  # of the places, by scores scaled to 0..1 in each list as it was offered
    diversity: Mean
    ndcg: Mean
    divergence: Mean  # from the history's mix of categories
    exposure: tuple[pl.DataFrame, ...]  # item_id, shown: lists in whose first places it stands

    def __add__(self, other: Worth) -> Worth:
        means = {
            field.name: getattr(self, field.name) + getattr(other, field.name)
            for field in fields(self)
            if field.name != "exposure"
        }
        exposure = (*self.exposure, *other.exposure)
        if sum(part.height for part in exposure) > EXPOSED:
            exposure = (added(exposure),)
        return Worth(exposure=exposure, **means)

    def measures(self, catalogue: int | None) -> dict[str, float | None]:
        """The values by name; coverage and Gini over a catalogue, or over the items there are."""
        shown = added(self.exposure)["shown"].to_numpy()
        count = len(shown) if catalogue is None else catalogue
        return {
            "score": self.score.value,
            "items": len(shown),
            "coverage": None if not catalogue else len(shown) / catalogue,
            "gini": gini(shown, count),
            "diversity": self.diversity.value,
            "kl": self.divergence.value,
            "ndcg": self.ndcg.value,
        }


def added(exposure: tuple[pl.DataFrame, ...]) -> pl.DataFrame:
    """How often each item is shown, added up."""
    return pl.concat(exposure).group_by("item_id").agg(pl.col("shown").sum())


def gini(shown: Longs, items: int) -> float | None:
    """How unevenly items are shown, those that never are among them: 0 alike, 1 a single one."""
    if not len(shown) or items < len(shown):
        return None
    rising = np.sort(shown).astype(np.float64)
    places = 2 * np.arange(items - len(shown) + 1, items + 1) - items - 1
    return float((places * rising).sum() / (items * rising.sum()))


def diversity(lists: Longs, count: int, codes: tuple[Longs, npt.NDArray[np.int32]]) -> Doubles:
    """Mean Jaccard distance of the rows of each list [count], NaN under two rows."""
    return mean_jaccard_of(laid(lists, count), *codes)


def laid(lists: Longs, count: int) -> npt.NDArray[np.int32]:
    """Row numbers of each list as a row of a matrix [count, longest], -1 past the end."""
    lengths = np.bincount(lists, minlength=count)
    place = np.arange(len(lists)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    table = np.full((count, int(lengths.max(initial=0))), -1, np.int32)
    table[lists, place] = np.arange(len(lists))
    return table


def ndcg(
    lists: Longs, places: Longs, hits: npt.NDArray[np.bool_], relevant: Longs, k: int
) -> Doubles:
    """NDCG of lists [lists] with so many `relevant` items each, NaN where there are none.

    `lists`, `places` (from 0) and `hits` are of rows, the first k places of each list.
    """
    gains = np.bincount(lists, weights=hits / np.log2(places + 2), minlength=len(relevant))
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2))])
    best = ideal[np.minimum(relevant, k)]
    return np.where(relevant > 0, gains / np.where(best > 0, best, 1), np.nan)
