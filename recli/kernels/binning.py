"""Features as codes: quantities by quantile bins, categories as they are.

So that a linear model can bend: each bin has a weight of its own, and what is missing too.
Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016, 4.1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
_SAMPLED = 1 << 20  # values that quantiles are taken of


@dataclass(frozen=True)
class Bins:
    """How rows of features become codes, one of each feature.

    The code of a feature counts from its own first; 0 is what is missing or was never seen.
    """

    edges: tuple[tuple[float, ...], ...]  # of each quantity
    coded: tuple[bool, ...]  # whether the feature is a category, of codes from 0
    counts: tuple[int, ...]  # codes of each feature

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where the codes of each feature begin; last the width."""
        return np.concatenate([[0], np.cumsum(self.counts)]).astype(np.int64)

    def codes(self, features: Floats) -> Codes:
        """Codes [rows, features] of rows of features."""
        out = np.empty((len(features), len(self.counts)), np.int32)
        flat = np.array([edge for edges in self.edges for edge in edges], np.float32)
        first = np.concatenate([[0], np.cumsum([len(edges) for edges in self.edges])])
        counts = np.array(self.counts, np.int64)
        coded = np.array(self.coded, np.bool_)
        _codes(features, flat, first.astype(np.int64), coded, counts, self.starts, out)
        return out

    def record(self) -> dict[str, Any]:
        """The bins as JSON."""
        return asdict(self)

    @staticmethod
    def of(record: dict[str, Any]) -> Bins:
        """The bins that `record` was made of."""
        edges = tuple(map(tuple, record["edges"]))
        return Bins(edges, tuple(record["coded"]), tuple(record["counts"]))


def learned(
    names: tuple[str, ...],
    categorical: tuple[str, ...],
    features: Floats,
    bins: int,
) -> Bins:
    """Bins that hold about as many rows each."""
    step = -(-len(features) // _SAMPLED)
    edges, counts = [], []
    for at, name in enumerate(names):
        values = features[::step, at]
        values = values[~np.isnan(values)]
        found: tuple[float, ...] = ()
        if name in categorical:
            counts.append(2 + int(values.max(initial=-1)))
        else:
            places = np.quantile(values, np.arange(1, bins) / bins) if len(values) else values
            found = tuple(np.unique(places.astype(np.float32)).tolist())
            counts.append(2 + len(found))
        edges.append(found)
    coded = tuple(name in categorical for name in names)
    return Bins(tuple(edges), coded, tuple(counts))


@njit(cache=True, nogil=True)
def _codes(features, flat, first, coded, counts, starts, out):  # type: ignore[no-untyped-def]
    for row in range(len(features)):
        for at in range(len(counts)):
            value = features[row, at]
            begin, end = first[at], first[at + 1]
            code = np.int64(0)
            if coded[at]:
                if 0 <= value < counts[at] - 1:
                    code = np.int64(value) + 1
            elif not np.isnan(value):
                code = np.searchsorted(flat[begin:end], value, "right") + 1
            out[row, at] = starts[at] + code
