"""New scores of lists, what they are made of, and the proof that lists follow them."""

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.matrix import numbers
from recli.kernels.rules import Longs, Reordered, ordered

Doubles = npt.NDArray[np.float64]


def multiplied(rows: pl.DataFrame, factors: Doubles) -> Reordered:
    """Rows by their scores times positive factors, equal ones by item id.

    A negative score is divided, so that a factor above 1 always raises.
    """
    old = rows["score"].to_numpy()
    # So small that the score would vanish: the order among such rows is kept by a floor.
    factors = np.maximum(factors, 1e-12)
    scores = np.where(old >= 0, old * factors, old / factors).astype(np.float32)
    order = ordered(rows, scores)
    return Reordered(order, scores[order], {"scores changed": int((scores != old).sum())})


def misplaced(rows: pl.DataFrame) -> int:
    """Number of rows that should stand before the row above them in the same list."""
    score, item = pl.col("score"), pl.col("item_id")
    same = pl.col("user_id") == pl.col("user_id").shift(1)
    tied = (score == score.shift(1)) & (item < item.shift(1))
    wrong = same & ((score > score.shift(1)) | tied)
    return int(rows.select(wrong=wrong.fill_null(False))["wrong"].sum())


def popularity(items: pl.Series, counted: tuple[pl.Series, Longs] | None) -> Doubles:
    """Logarithm of 1 + the interactions of each item, as a share of the largest there is.

    `counted` are item ids and the interactions of each; what is not among them has none.
    """
    known, counts = counted or (items.clear(), np.zeros(0, np.int64))
    logs = np.log1p(np.append(counts, 0).astype(np.float64))
    shares: Doubles = logs[numbers(items, known)] / max(logs.max(), 1e-300)
    return shares
