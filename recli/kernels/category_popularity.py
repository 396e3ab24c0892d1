"""Popularity within a category, for those who like the category."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.kernels.matrix import Matrix, numbers
from recli.kernels.shapes import ItemFeatures

Sums = npt.NDArray[np.float64]


def shares(column: pl.Series) -> Matrix:
    """What part of each item is in each category, float64 [items, categories]: p(c | i).

    A list of n different categories counts 1/n in each; an item without any has an empty row.
    """
    nested = column.dtype.is_nested()
    cells = pl.DataFrame({"row": np.arange(len(column)), "category": column})
    if nested:
        cells = cells.explode("category")
    texts = cells.with_columns(pl.col("category").cast(pl.String)).drop_nulls().unique()
    texts = texts.filter(pl.col("category") != "").sort("row", "category")
    names = texts["category"].unique().sort()
    rows = texts["row"].to_numpy()
    counts = np.bincount(rows, minlength=len(column))
    columns = numbers(texts["category"], names)
    shape = (len(column), max(len(names), 1))
    return sparse.csr_array((1.0 / counts[rows], (rows, columns)), shape=shape)


def learned(shares: Matrix, popularity: Sums, smoothing: float) -> ItemFeatures:
    """Features [items, categories + 1] by which a score is the chance of item i for a user.

        (1 - smoothing) sum over c of p(c | user) p(i | c)  +  smoothing p(i)

    with p(c | user) the mean of p(c | i) over her history (Steck 2018, equation 2) and p(i | c)
    the part of an item in what was chosen of a category. `popularity` [items] is not negative.
    """
    parts = sparse.csr_array(shares * popularity[:, None])
    totals = parts.sum(axis=0)
    shrink = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
    within = sparse.csr_array(parts * shrink)
    described = np.diff(shares.indptr) > 0
    whole: Sums = popularity / max(popularity.sum(), np.finfo(np.float64).tiny)
    return ItemFeatures(
        _rows(shares * (1.0 - smoothing), smoothing * described.astype(np.float64)),
        _rows(within, whole),
        profile="mean",
    )


def _rows(left: Matrix, last: Sums) -> Matrix:
    """Columns and one more, float32, without cells of zero, sorted."""
    both = sparse.hstack([left, sparse.csr_array(last[:, None])], format="csr")
    rows = sparse.csr_array(both.astype(np.float32))
    rows.eliminate_zeros()
    rows.sort_indices()
    return rows
