"""Bands of a number: history of 1-5 interactions, items of 7-30 days, a quarter of the prices."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
UNKNOWN = "(unknown)"


@dataclass(frozen=True)
class Bands:
    """Names of ranges of numbers; the last name is that of no number at all."""

    edges: tuple[float, ...]  # rising; band i is above edge i - 1 and up to edge i, which is in it
    names: tuple[str, ...]  # two more than edges

    def codes(self, values: Floats) -> Codes:
        """The place in `names` of the band of each value [values].

        >>> bands_of_counts((0, 5)).codes(np.array([0, 1, 5, 6, np.nan])).tolist()
        [0, 1, 1, 2, 3]
        """
        found = np.searchsorted(np.array(self.edges), values, side="left")
        return np.where(np.isnan(values), len(self.edges) + 1, found).astype(np.int32)

    def ends(self, code: int) -> tuple[float | None, float | None]:
        """The edges below and above a band, None where it has none."""
        below, above = code - 1, code
        known = len(self.edges)
        return (
            self.edges[below] if 0 <= below < known else None,
            self.edges[above] if above < known else None,
        )


def bands_of_counts(edges: tuple[int, ...]) -> Bands:
    """Bands of whole numbers.

    >>> bands_of_counts((0, 5, 20)).names
    ('0', '1-5', '6-20', '>20', '(unknown)')
    """
    below = (-1, *edges[:-1])
    names = [
        str(high) if low + 1 == high else f"{low + 1}-{high}"
        for low, high in zip(below, edges, strict=True)
    ]
    return Bands(tuple(map(float, edges)), (*names, f">{edges[-1]}", UNKNOWN))


def bands_of_days(edges: tuple[float, ...]) -> Bands:
    """Bands of a time in days.

    >>> bands_of_days((7, 30)).names
    ('0-7 d', '7-30 d', '>30 d', '(unknown)')
    """
    below = (0.0, *edges[:-1])
    names = [f"{low:g}-{high:g} d" for low, high in zip(below, edges, strict=True)]
    return Bands(edges, (*names, f">{edges[-1]:g} d", UNKNOWN))
