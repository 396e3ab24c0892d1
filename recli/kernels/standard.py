"""Features on one scale, for models that weigh them: mean 0 and variance 1, what is missing 0.

A category counts as the share of its candidates that were chosen, drawn towards that of all as
by some more candidates: Micci-Barreca, "A preprocessing scheme for high-cardinality categorical
attributes", SIGKDD Explorations 2001, (3).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from recli.kernels.ranking import RankingData

Columns = npt.NDArray[np.float32]  # [features, rows]
Doubles = npt.NDArray[np.float64]
_PRIOR = 20.0  # candidates


@dataclass(frozen=True)
class Standard:
    """Means and scales of features, and what the codes of categories count as."""

    means: tuple[float, ...]
    scales: tuple[float, ...]  # 1 / standard deviation, 0 for what never varies
    shares: tuple[tuple[float, ...] | None, ...]  # of each code; None for a quantity

    @staticmethod
    def of(data: RankingData) -> Standard:
        """What is learned from rows."""
        chosen, weights = data.relevance > 0, data.shares
        shares = tuple(
            _shares(data.features[:, at], chosen, weights) if name in data.categorical else None
            for at, name in enumerate(data.names)
        )
        means, scales = [], []
        for at, found in enumerate(shares):
            values = _counted(data.features[:, at], found)
            known = np.isfinite(values)
            mean, spread = _moments(values[known], weights[known])
            means.append(mean)
            # A constant's deviation may be the last bit of its mean.
            scales.append(1 / spread if spread > 1e-9 * abs(means[-1]) else 0.0)
        return Standard(tuple(means), tuple(scales), shares)

    def columns(self, features: npt.NDArray[np.float32]) -> Columns:
        """Rows of features as standardised columns [features, rows]."""
        out = np.empty(features.shape[::-1], np.float32)
        for at, found in enumerate(self.shares):
            values = (_counted(features[:, at], found) - self.means[at]) * self.scales[at]
            out[at] = np.where(np.isfinite(values), values, 0.0)
        return out

    def record(self) -> dict[str, Any]:
        """The scales as JSON."""
        return asdict(self)

    @staticmethod
    def read(record: dict[str, Any]) -> Standard:
        """The scales that `record` was made of."""
        shares = tuple(None if one is None else tuple(one) for one in record["shares"])
        return Standard(tuple(record["means"]), tuple(record["scales"]), shares)


def total(columns: Columns, weights: Doubles) -> Doubles:
    """Scores [rows]: the weighted columns, added up in order."""
    scores = np.zeros(columns.shape[1])
    for at in np.flatnonzero(weights):
        scores += weights[at] * columns[at]
    return scores


def _moments(values: Doubles, weights: Doubles) -> tuple[float, float]:
    """Mean and standard deviation by weights; 0 of nothing."""
    if not weights.any():
        return 0.0, 0.0
    mean = float(np.average(values, weights=weights))
    return mean, float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))


def _shares(
    codes: npt.NDArray[np.float32], chosen: npt.NDArray[np.bool_], weights: Doubles
) -> tuple[float, ...]:
    known = codes >= 0  # not of what is missing
    numbers = codes[known].astype(np.int64)
    rows = np.bincount(numbers, weights=weights[known])
    hits = np.bincount(numbers, weights=(weights * chosen)[known])
    mean = np.average(chosen, weights=weights)
    found: list[float] = ((hits + _PRIOR * mean) / (rows + _PRIOR)).tolist()
    return tuple(found)


def _counted(values: npt.NDArray[np.float32], shares: tuple[float, ...] | None) -> Doubles:
    """A quantity as it is, a code as its share; NaN for what is missing or was never seen."""
    if shares is None:
        return values.astype(np.float64)
    known = (values >= 0) & (values < len(shares))
    table = np.array([*shares, np.nan])
    return table[np.where(known, values, len(shares)).astype(np.int64)]
