"""What a linear bandit has learned: sums over what was shown, and the bound that they give.

LinUCB with one model for all items: Li et al., "A contextual-bandit approach to personalized
news article recommendation", WWW 2010, (3) to (5). A state holds the sums of x x' and of r x, x
with a 1 at its end. Sums of floats hang on their order; these do not: each product is rounded to a
multiple of 2^-48, and those are added as integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.errors import RecliError
from recli.kernels import ridge

Doubles = npt.NDArray[np.float64]
MOST = 2.0**20  # of a column: products of two still fit the sums
ROWS = 1 << 17  # whose products are summed before they are carried over
FINE, COARSE = 2.0**48, 2.0**4  # a sum is one integer of each, in such parts of 1


@dataclass(frozen=True)
class Linear:
    """The sums of a state; of x the last is 1."""

    features: tuple[str, ...]  # without the last
    a: Doubles  # [features + 1, features + 1] sum of x x'
    b: Doubles  # [features + 1] sum of reward times x

    def bound(self, rows: Doubles, alpha: float, l2: float) -> Doubles:
        """What is expected of rows [features + 1, rows], plus alpha times how unsure that is.

        Columns are standardised by the means and spreads that the sums tell: the penalty then
        means the same in every unit. One that never varied is divided by its size.
        """
        scale = self._scale()
        inverse = np.linalg.inv(scale @ self.a @ scale.T + l2 * np.eye(len(self.b)))
        inverse = (inverse + inverse.T) / 2
        theta = inverse @ (scale @ self.b)
        seen = scale @ rows  # [features + 1, rows]
        expected: Doubles = np.zeros(rows.shape[1])
        for weight, column in zip(theta, seen, strict=True):
            expected += weight * column
        return expected + alpha * ridge.widths(seen[:-1], inverse)

    def _scale(self) -> Doubles:
        """The matrix [features + 1, features + 1] that standardises a row."""
        count = max(self.a[-1, -1], 1.0)
        mean = self.a[-1] / count
        square = np.diag(self.a) / count
        spread = np.sqrt(np.maximum(square - mean**2, 0))
        still = spread <= 1e-7 * np.sqrt(square)  # what rounding leaves of no spread
        size = np.where(still, np.where(mean == 0, 1, np.abs(mean)), spread)
        scale = np.diag(1 / size)
        scale[:, -1] -= mean / size
        scale[-1], scale[-1, -1] = 0, 1
        return scale


def columns(rows: pl.DataFrame, features: tuple[str, ...]) -> Doubles:
    """The features of rows and a 1: [features + 1, rows]; 0 where there is no value.

    Raises RecliError for numbers too large to be summed.
    """
    read = np.ones((len(features) + 1, rows.height))
    for at, name in enumerate(features):
        values = rows[name].cast(pl.Float64)
        read[at] = values.fill_nan(None).fill_null(0.0).to_numpy()
        worst = float(np.abs(read[at]).max(initial=0.0))
        if worst > MOST:
            raise RecliError(
                f"column '{name}' holds {worst:g}, a feature goes to {MOST:,.0f}",
                "bring it to another unit, as thousands, or take its logarithm",
            )
    return read


def check_features(features: tuple[str, ...], columns: Mapping[str, pl.DataType], who: str) -> None:
    """Raise RecliError that names each feature of `who` that is not there, or is no number."""
    missing = [name for name in features if name not in columns]
    text = [
        f"'{name}' ({columns[name]})"
        for name in features
        if name in columns and not (columns[name].is_numeric() or columns[name] == pl.Boolean)
    ]
    if missing:
        raise RecliError(
            f"{who}: no column {', '.join(map(repr, missing))}; there are "
            f"{', '.join(sorted(columns))}",
            "give --items and --users with these columns, or name the state that belongs to them",
        )
    if text:
        raise RecliError(
            f"{who}: {', '.join(text)} is neither a number nor yes or no",
            "make yes-or-no columns of the values of a category, or leave it out of --context",
        )


class Sums:
    """Exact sums of x x' and of r x over rows that come in any order and number."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.parts: list[list[int]] = [[0] * (size + 1) for _ in range(size)]  # of FINE

    def add(self, rows: Doubles, rewards: Doubles) -> None:
        """Take rows [size, rows] and their rewards [rows] into the sums."""
        whole = np.vstack([rows, rewards])
        for begin in range(0, whole.shape[1], ROWS):
            coarse, fine = _products(np.ascontiguousarray(whole[:, begin : begin + ROWS].T))
            for one in range(self.size):
                for other in range(self.size + 1):
                    carried = int(coarse[one, other]) * int(FINE / COARSE)
                    self.parts[one][other] += carried + int(fine[one, other])

    def restore(self, whole: Doubles, rest: Doubles) -> None:
        """Take what `halves` gave, [size, size + 1] each, into the sums."""
        for one in range(self.size):
            for other in range(self.size + 1):
                held = Fraction(float(whole[one, other])) + Fraction(float(rest[one, other]))
                self.parts[one][other] += round(held * int(FINE))

    def halves(self) -> tuple[Doubles, Doubles]:
        """The sums [size, size + 1] as the nearest floats, and what these are off by.

        The last column is that of the rewards. Together they are exact to 106 bits.
        """
        whole = np.empty((self.size, self.size + 1))
        rest = np.empty_like(whole)
        for one, other in np.ndindex(*whole.shape):
            held = Fraction(self.parts[one][other], int(FINE))
            near = float(held)
            whole[one, other], rest[one, other] = near, float(held - Fraction(near))
        return whole, rest


@njit(cache=True, nogil=True)
def _products(whole):  # type: ignore[no-untyped-def]
    """Sums of products of the columns of rows [rows, size + 1], in coarse and in fine parts."""
    size = whole.shape[1] - 1
    coarse = np.zeros((size, size + 1), np.int64)
    fine = np.zeros((size, size + 1), np.int64)
    for row in range(len(whole)):
        for one in range(size):
            for other in range(one, size + 1):
                product = whole[row, one] * whole[row, other]
                large = np.rint(product * COARSE)
                coarse[one, other] += np.int64(large)
                fine[one, other] += np.int64(np.rint((product - large / COARSE) * FINE))
    for one in range(size):
        for other in range(one):
            coarse[one, other] = coarse[other, one]
            fine[one, other] = fine[other, one]
    return coarse, fine
