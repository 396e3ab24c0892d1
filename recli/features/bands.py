"""How a candidate's quantities, such as its price, stand beside those of what its user chose."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.fields import Range
from recli.kernels.features import Columns, Facts, OfPairs, Table
from recli.kernels.features_columns import encode
from recli.kernels.features_lists import Lists

Held = tuple[Table, npt.NDArray[np.int16], float]


@dataclass(frozen=True)
class Bands(OfPairs):
    """Of each column of numbers: the share of the history that is in the candidate's band.

    Then how far the candidate is above the mean of the history, in standard deviations.
    """

    bands: Annotated[int, "Bands, by quantiles of the items.", Range(least=2, most=1000)] = 5

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Two of each column."""
        if not columns.met:
            return ()
        quantities = [column.name for column in columns.items if column.kind == "number"]
        return tuple(f"band.{name}{end}" for name in quantities for end in ("", ".deviation"))

    def known(self, facts: Facts) -> list[Held]:
        """Of each column the items' values, their bands (-1 where missing), and the variance."""
        columns = tuple(one for one in facts.columns.items if one.kind == "number")
        table = encode(columns, facts.rows, np.zeros(1, np.int64))
        return [self._held(np.ascontiguousarray(values)) for values in table.T]

    def _held(self, values: Table) -> Held:
        there = values[~np.isnan(values)].astype(np.float64)
        if not len(there):
            return values, np.full(len(values), -1, np.int16), 0.0
        edges = np.unique(np.quantile(there, np.arange(1, self.bands) / self.bands))
        bands = np.searchsorted(edges, values, "right").astype(np.int16)
        return values, np.where(np.isnan(values), np.int16(-1), bands), float(there.var())

    def fill(self, columns: Columns, known: Any, lists: Lists, out: Table) -> None:
        """NaN where either side has no value."""
        past = (lists.past_starts, lists.past_ends, lists.past_items)
        for at, held in enumerate(known):
            own = out[:, 2 * at : 2 * at + 2]
            _fill(lists.starts, lists.items, past, held, self.bands, own)


@njit(cache=True, nogil=True)
def _fill(starts, items, past, held, width, out):  # type: ignore[no-untyped-def]
    """The history's variance is drawn to the catalogue's by one event: few vary too little."""
    past_starts, past_ends, past_items = past
    values, bands, variance = held
    counts = np.zeros(width, np.int64)
    for one in range(len(past_starts)):
        counts[:] = 0
        known, total = 0, 0.0
        for event in range(past_starts[one], past_ends[one]):
            item = past_items[event]
            if bands[item] >= 0:
                counts[bands[item]] += 1
                known += 1
                total += values[item]
        mean = total / max(known, 1)
        squares = variance
        for event in range(past_starts[one], past_ends[one]):
            item = past_items[event]
            if bands[item] >= 0:
                squares += (values[item] - mean) ** 2
        deviation = np.sqrt(squares / (known + 1))
        for row in range(starts[one], starts[one + 1]):
            item = items[row]
            if known == 0 or bands[item] < 0:
                out[row, 0] = np.nan
                out[row, 1] = np.nan
            else:
                out[row, 0] = counts[bands[item]] / known
                apart = values[item] - mean
                out[row, 1] = apart / deviation if deviation > 0.0 else 0.0
