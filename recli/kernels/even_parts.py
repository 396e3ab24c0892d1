"""Edges that cut the values of users into parts of as many users, from one pass over them.

The values of the users with the smallest hashes are kept: a uniform sample without replacement
(bottom-k sketch: Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007), and
everybody where there are no more. It is the same in whatever order the users come by.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
KEPT = 1 << 20  # values; edges are exact up to so many, and then within some 0.1% of the users


@dataclass
class Sample:
    """Values by the hash of whose they are, the smallest hashes only."""

    hashes: Floats = field(default_factory=lambda: np.zeros(0))
    values: Floats = field(default_factory=lambda: np.zeros(0))

    def add(self, hashes: Floats, values: Floats, *, once: bool, kept: int = KEPT) -> None:
        """Add values, NaN left out; with `once` a hash that was seen is not added again."""
        known = np.logical_not(np.isnan(values))
        hashes = np.append(self.hashes, hashes[known])
        values = np.append(self.values, values[known])
        order = np.lexsort((values, hashes))
        hashes, values = hashes[order], values[order]
        if once:
            first = np.append(True, np.diff(hashes) > 0)[: len(hashes)]
            hashes, values = hashes[first], values[first]
        self.hashes, self.values = hashes[:kept], values[:kept]

    def edges(self, parts: int) -> tuple[float, ...]:
        """Edges between the parts, rising: values up to an edge lie below it.

        Fewer where many values are equal: equal values are never parted.

        >>> sample = Sample()
        >>> sample.add(np.arange(8) / 8, np.array([5.0, 1, 1, 7, 3, 8, 2, 9]), once=True)
        >>> sample.edges(4)
        (1.0, 3.0, 7.0)
        """
        if not len(self.values):
            return ()
        ordered = np.sort(self.values)
        places = np.ceil(len(ordered) * np.arange(1, parts) / parts).astype(np.int64) - 1
        edges = np.unique(ordered[places.clip(min=0)])
        return tuple(edges[edges < ordered[-1]].tolist())
