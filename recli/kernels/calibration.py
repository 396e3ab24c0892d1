"""Scores to chances: what share of candidates with such a score was chosen.

Platt, "Probabilistic outputs for support vector machines", 1999: a sigmoid, two numbers; its
targets are drawn in so that few rows do not promise certainty. Zadrozny and Elkan, "Transforming
classifier scores into accurate multiclass probability estimates", KDD 2002: isotonic regression.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Kind = Literal["platt", "isotonic"]
BINS = 10  # rows of a reliability table


@dataclass(frozen=True)
class Calibration:
    """A rising map: between the knots a line, beyond them what the last one says.

    A sigmoid has no knots but a slope and a bias.
    """

    scores: tuple[float, ...] = ()  # [knots] rising
    chances: tuple[float, ...] = ()  # [knots]
    slope: float = 0.0
    bias: float = 0.0

    def __call__(self, scores: Doubles) -> Doubles:
        """The chance [rows] of each score."""
        if self.scores:
            return np.interp(scores, self.scores, self.chances)
        return _sigmoid(self.slope * scores + self.bias)

    def record(self) -> dict[str, Any]:
        """The map as JSON."""
        return asdict(self)

    @staticmethod
    def of(record: dict[str, Any]) -> "Calibration":
        """The map that `record` was made of."""
        knots = {name: tuple(record[name]) for name in ("scores", "chances")}
        return Calibration(**{**record, **knots})


def fitted(kind: Kind, scores: Doubles, chosen: Flags, weights: Doubles) -> Calibration:
    """The map that fits rows [rows] best, each by its weight."""
    return (_isotonic if kind == "isotonic" else _platt)(scores, chosen, weights)


def _isotonic(scores: Doubles, chosen: Flags, weights: Doubles) -> Calibration:
    distinct, at = np.unique(scores, return_inverse=True)
    mass = np.bincount(at, weights)
    shares = np.bincount(at, weights * chosen) / mass
    found = isotonic_regression(shares, weights=mass)
    # A block of equal chances is one knot, at the mean of its scores.
    starts = found.blocks[:-1]
    held = np.add.reduceat(mass, starts)
    middle = np.add.reduceat(mass * distinct, starts) / held
    return Calibration(tuple(middle.tolist()), tuple(found.x[starts].tolist()))


def _platt(scores: Doubles, chosen: Flags, weights: Doubles) -> Calibration:
    center, spread = float(np.average(scores, weights=weights)), float(scores.std()) or 1.0
    scaled = (scores - center) / spread
    ups, downs = float(weights[chosen].sum()), float(weights[~chosen].sum())
    target = np.where(chosen, (ups + 1) / (ups + 2), 1 / (downs + 2))

    def value(ends: Doubles) -> tuple[float, Doubles]:
        odds = ends[0] * scaled + ends[1]
        lost = np.logaddexp(0, odds) - target * odds
        error = weights * (_sigmoid(odds) - target)
        return float(weights @ lost), np.array([error @ scaled, error.sum()])

    start: Any = np.array([1.0, np.log((ups + 1) / (downs + 1))])
    slope, bias = minimize(value, start, jac=True, method="BFGS").x.tolist()
    if slope < 0:
        # What stands higher in a list never has the smaller chance: at best all have the same.
        mean = float(np.average(target, weights=weights))
        slope, bias = 0.0, float(np.log(mean / (1 - mean)))
    return Calibration(slope=slope / spread, bias=bias - slope * center / spread)


def reliability(chances: Doubles, chosen: Flags, weights: Doubles) -> list[dict[str, float]]:
    """Mean chance, share chosen and rows of each tenth of the rows by chance."""
    order = np.argsort(chances, kind="stable")
    table = []
    for part in np.array_split(order, min(BINS, len(order))):
        mass = weights[part]
        table.append(
            {
                "expected": round(float(np.average(chances[part], weights=mass)), 6),
                "chosen": round(float(np.average(chosen[part], weights=mass)), 6),
                "rows": len(part),
            }
        )
    return table


def error(table: list[dict[str, float]]) -> float:
    """Expected calibration error: how far the shares are from the chances, by rows.

    Naeini et al., "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    rows = sum(one["rows"] for one in table)
    return sum(abs(one["expected"] - one["chosen"]) * one["rows"] for one in table) / rows


def _sigmoid(odds: Doubles) -> Doubles:
    tail = np.exp(-np.abs(odds))
    return np.where(odds >= 0, 1.0, tail) / (1.0 + tail)
