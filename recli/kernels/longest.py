"""The longest vectors kept apart from an index: searched exactly, beside what the index finds.

Where lengths are uneven, as those of popular and rare items are, most of the largest dot products
belong to a few long vectors, which a graph or a grouping by nearness finds last: half of the
neighbours were lost on vectors that ALS learned, or ten times the groups searched. To look at all
of the longest hundredth costs a hundredth of exact search. After Yan et al., "Norm-ranging LSH
for maximum inner product search", NeurIPS 2018, which parts items by length into many ranges.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels import topk
from recli.kernels.shapes import Vectors

Numbers = npt.NDArray[np.int32]
Lengths = npt.NDArray[np.float64]
# Queries [users, factors] and k to places among the other items [users, any], -1 for none.
Others = Callable[[Vectors, int], npt.NDArray[Any]]


@dataclass(frozen=True)
class Parts:
    """Item numbers by the lengths of their vectors, each part in falling order."""

    longest: Numbers
    others: Numbers
    zero: Numbers  # of the zero vector, or of one that is not finite
    lengths: Lengths  # [others]

    def lifted(self, vectors: Vectors) -> Vectors:
        """The others' vectors with one more coordinate [others, factors + 1], all of length 1.

        Nearest is then what has the largest dot product with a query that has a zero there.
        Bachrach et al., "Speeding up the Xbox recommender system using a Euclidean
        transformation for inner-product spaces", RecSys 2014.
        """
        rows = vectors[self.others]
        if not len(rows):
            return np.zeros((0, vectors.shape[1] + 1), np.float32)
        longest = self.lengths[0]
        filled = np.sqrt(np.maximum(0, 1 - np.square(self.lengths / longest)))
        return np.column_stack([rows / np.float32(longest), filled.astype(np.float32)])


def parts(vectors: Vectors, share: float) -> Parts:
    """The items of vectors [items, factors], that share of them with the longest apart."""
    lengths = _lengths(vectors)
    there = (lengths > 0) & np.isfinite(lengths)
    order = np.argsort(np.where(there, -lengths, np.inf), kind="stable").astype(np.int32)
    last = int(there.sum())
    first = min(round(share * len(vectors)), last)
    others = order[first:last]
    return Parts(order[:first], others, order[last:], lengths[others])


@dataclass(frozen=True)
class Beside:
    """Searches the longest exactly, the others by an index, and keeps the best of both."""

    vectors: Vectors
    parts: Parts
    longest: Vectors  # [longest, factors]
    threads: int

    def __call__(self, queries: Vectors, k: int, others: Others) -> Numbers:
        """Item numbers [queries, k], best first, -1 where there are none."""
        top = min(k, len(self.longest))
        longest, _ = topk.top_k(queries, self.longest, top, threads=self.threads)
        found = others(queries, k)
        offered = np.hstack([named(self.parts.longest, longest), named(self.parts.others, found)])
        columns, scores = self._rescored(queries, offered, k)
        zero = self.parts.zero[:k]
        if len(zero):
            # Items of the zero vector, which score 0, stand before those of a negative score.
            rows = np.flatnonzero(np.logical_not(scores[:, -1] >= 0))
            wider = np.hstack([columns[rows], np.broadcast_to(zero, (len(rows), len(zero)))])
            columns[rows] = self._rescored(queries[rows], wider, k)[0]
        return columns

    def exact(self, queries: Vectors, k: int) -> Numbers:
        """The same for all items, without the index."""
        return topk.top_k(queries, self.vectors, k, threads=self.threads)[0]

    def _rescored(self, queries: Vectors, offered: Numbers, k: int) -> tuple[Numbers, Vectors]:
        return topk.rescored(queries, self.vectors, offered, k, threads=self.threads)


def named(items: Numbers, places: npt.NDArray[Any]) -> Numbers:
    """The items at some places, -1 where there is none."""
    if not len(items):
        return np.full(places.shape, -1, np.int32)
    return np.where(places >= 0, items[np.maximum(places, 0)], np.int32(-1))


def _lengths(vectors: Vectors) -> Lengths:
    """Lengths [items], summed factor by factor: the same bits on every processor."""
    squares = np.zeros(len(vectors), np.float64)
    for factor in range(vectors.shape[1]):
        squares += np.square(vectors[:, factor], dtype=np.float64)
    return np.sqrt(squares)
