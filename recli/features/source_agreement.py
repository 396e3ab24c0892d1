"""How far the sources of merged candidates agree on one: how many offer it, and how high."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from recli.kernels.features import Columns, Moments, OfCandidates, Table

NAMES = ("sources", "source_rank.best", "source_rank.mean", "source_rank.worst", "source_rank.gap")


@dataclass(frozen=True)
class SourceAgreement(OfCandidates):
    """Of the ranks that `merge` keeps beside the scores, as `als_rank` and `als_score`."""

    def names(self, columns: Columns) -> tuple[str, ...]:
        """All want two sources."""
        return NAMES if len(_ranks(columns)) > 1 else ()

    def table(self, columns: Columns, rows: pl.DataFrame, moments: Moments) -> Table:
        """NaN for a candidate of which no source is known; the gap is from best to worst."""
        ranks = rows.select(pl.col(_ranks(columns)).cast(pl.Float64).fill_null(np.nan)).to_numpy()
        there = ~np.isnan(ranks)
        count = there.sum(axis=1)
        best = np.where(there, ranks, np.inf).min(axis=1)
        worst = np.where(there, ranks, -np.inf).max(axis=1)
        mean = np.where(there, ranks, 0.0).sum(axis=1) / np.maximum(count, 1)
        parts = np.stack([best, mean, worst, worst - best], axis=1)
        parts[count == 0] = np.nan
        return np.hstack([count[:, None], parts]).astype(np.float32)


def _ranks(columns: Columns) -> list[str]:
    """The columns of the ranks."""
    quantities = {column.name for column in columns.candidates if column.kind == "number"}
    names = sorted(name.removesuffix("_rank") for name in quantities if name.endswith("_rank"))
    return [f"{name}_rank" for name in names if f"{name}_score" in quantities]
