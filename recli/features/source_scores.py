"""How a source's score of a candidate stands among its scores of the list, for each source."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, Moments, OfCandidates, Table
from recli.tables import AS_OF


@dataclass(frozen=True)
class SourceScores(OfCandidates):
    """Of the scores that `merge` keeps, as `als_score`: in units of their own spread.

    Scores of two sources, and of one source for two users, have nothing else in common.
    """

    def names(self, columns: Columns) -> tuple[str, ...]:
        """One for each source that has a rank and a score."""
        return tuple(f"source_score.{name}" for name in columns.sources)

    def table(self, columns: Columns, rows: pl.DataFrame, moments: Moments) -> Table:
        """Standard deviations from the mean of the source's scores in the list.

        What the source does not offer has the least of them. NaN where it offers nothing.
        """
        scores = [pl.col(f"{name}_score").cast(pl.Float64) for name in columns.sources]
        values = rows.select(one.fill_null(np.nan) for one in scores).to_numpy()
        keys = [name for name in ("user_id", AS_OF) if name in rows.columns]
        lengths = rows.select(pl.struct(keys).rle().struct.field("len"))["len"].to_numpy()
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        out = np.full(values.shape, np.nan, np.float32)
        _fill(starts, np.ascontiguousarray(values), out)
        return out


@njit(cache=True, nogil=True)
def _fill(starts, values, out):  # type: ignore[no-untyped-def]
    for one in range(len(starts) - 1):
        begin, end = starts[one], starts[one + 1]
        for source in range(values.shape[1]):
            count, total, least, most = 0, 0.0, np.inf, -np.inf
            for row in range(begin, end):
                value = values[row, source]
                if np.isfinite(value):
                    count += 1
                    total += value
                    least, most = min(least, value), max(most, value)
            if count == 0:
                continue
            mean, squares = total / count, 0.0
            for row in range(begin, end):
                value = values[row, source]
                if np.isfinite(value):
                    squares += (value - mean) ** 2
            deviation = np.sqrt(squares / count)
            for row in range(begin, end):
                value = values[row, source]
                if most == least:
                    out[row, source] = 0.0
                else:
                    known = value if np.isfinite(value) else least
                    out[row, source] = (known - mean) / deviation
