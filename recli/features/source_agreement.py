"""How far the sources of merged candidates agree on one: how many offer it, and how high."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit

from recli.kernels.features import Columns, Moments, OfCandidates, Table

NAMES = ("sources", "source_rank.best", "source_rank.mean", "source_rank.worst", "source_rank.gap")


@dataclass(frozen=True)
class SourceAgreement(OfCandidates):
    """Of the ranks that `merge` keeps beside the scores, as `als_rank` and `als_score`."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want two sources."""
        return NAMES if len(columns.sources) > 1 else ()

    def table(self, columns: Columns, rows: pl.DataFrame, moments: Moments) -> Table:
        """NaN for a candidate of which no source is known; the gap is from best to worst."""
        named = [pl.col(f"{name}_rank").cast(pl.Float64) for name in columns.sources]
        ranks = rows.select(one.fill_null(np.nan) for one in named).to_numpy()
        out = np.full((len(ranks), len(NAMES)), np.nan, np.float32)
        _fill(ranks, out)
        return out


@njit(cache=True, nogil=True)
def _fill(ranks, out):  # type: ignore[no-untyped-def]
    for row in range(len(ranks)):
        count, total, best, worst = 0, 0.0, np.inf, -np.inf
        for rank in ranks[row]:
            if not np.isnan(rank):
                count += 1
                total += rank
                best = min(best, rank)
                worst = max(worst, rank)
        out[row, 0] = count
        if count > 0:
            out[row, 1] = best
            out[row, 2] = total / count
            out[row, 3] = worst
            out[row, 4] = worst - best
