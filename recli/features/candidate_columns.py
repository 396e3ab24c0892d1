"""The columns that travel with the candidates: their source, numbers, context such as a device."""

from dataclasses import dataclass

import polars as pl

from recli.kernels.features import Columns, Moments, OfCandidates, Table
from recli.kernels.features_columns import Levels, encode, levels


@dataclass(frozen=True)
class CandidateColumns(OfCandidates):
    """What earlier steps said of a candidate."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """Of each column, after `candidates.`."""
        return tuple(name for column in columns.candidates for name in column.names("candidates"))

    def levels(self, columns: Columns) -> Levels:
        """Those of categories."""
        return levels(columns.candidates, "candidates")

    def table(self, columns: Columns, rows: pl.DataFrame, moments: Moments) -> Table:
        """NaN where a value is missing."""
        return encode(columns.candidates, rows, moments)
