"""Which known items a new one is like: those of the same value, or the nearest in content."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.kernels import content_blocks
from recli.kernels.extension import Extension, ordered
from recli.kernels.matrix import Ids, Matrix, numbers
from recli.kernels.neighbours import score_top_k

Mask = npt.NDArray[np.bool_]
Likes = tuple[Matrix, Matrix]  # groups [new, groups] and members [groups, known], rows to 1 or 0
NEAREST = 20  # known items that a new one is the weighted mean of


def extension(ids: Ids, is_new: Mask, groups: Matrix, members: Matrix) -> tuple[Ids, Extension]:
    """Those of the ids that are known or like a known one, and the map to all of these."""
    like = np.diff(groups.indptr) > 0
    kept = np.ones(len(ids), np.bool_)
    kept[np.flatnonzero(is_new)[~like]] = False
    left = is_new[kept]
    known, new = (np.flatnonzero(mask).astype(np.int32) for mask in (~left, left))
    return ids.filter(pl.Series(kept)), Extension(known, new, _rows(groups, like), members)


def by_value(column: pl.Series, is_new: Mask) -> Likes:
    """New items are like the known ones that share a value; each of its values counts alike.

    `column` [items] holds a value or a list of values an item.
    """
    member = _membership(column)
    known, new = _rows(member, ~is_new), _rows(member, is_new)
    shared = np.bincount(known.indices, minlength=known.shape[1]) > 0
    new = sparse.csr_array(new @ sparse.diags_array(shared.astype(np.float64)))
    new.eliminate_zeros()
    return _to_one(new), _to_one(sparse.csr_array(known.T))


def _membership(column: pl.Series) -> Matrix:
    """1 where an item has a value: float64 [items, values]."""
    table = pl.DataFrame({"value": column}).with_row_index("item")
    if column.dtype.is_nested():
        table = table.explode("value")
    table = table.with_columns(pl.col("value").cast(pl.String)).drop_nulls().unique()
    table = table.sort("item", "value")
    values = table["value"].unique().sort()
    cells = (table["item"].to_numpy(), numbers(table["value"], values))
    shape = (len(column), len(values))
    return sparse.csr_array(sparse.coo_array((np.ones(table.height), cells), shape=shape))


def by_content(rows: Matrix, is_new: Mask, nearest: int = NEAREST, threads: int = 1) -> Likes:
    """New items are like the nearest known ones by the cosine of their features, weighed by it.

    `rows` float32 [items, features] as `kernels/content.py` makes them.
    """
    unit = content_blocks.scaled(rows, content_blocks.lengths(rows))
    known, new = _rows(unit, ~is_new), _rows(unit, is_new)
    columns, scores = score_top_k(new, ordered(sparse.csr_array(known.T)), nearest, threads=threads)
    lines, places = np.nonzero((columns >= 0) & (scores > 0))
    cells = (scores[lines, places].astype(np.float64), (lines, columns[lines, places]))
    found = sparse.csr_array(sparse.coo_array(cells, shape=(new.shape[0], known.shape[0])))
    return _to_one(found), ordered(sparse.eye_array(known.shape[0], format="csr"))


def _to_one(matrix: Matrix) -> Matrix:
    """The same rows, each divided by its sum where that is not 0."""
    sums = matrix.sum(axis=1)
    return sparse.csr_array(sparse.diags_array(1 / np.where(sums > 0, sums, 1)) @ matrix)


def _rows(matrix: Matrix, mask: Mask) -> Matrix:
    return sparse.csr_array(matrix[np.flatnonzero(mask)])
