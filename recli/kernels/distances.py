"""How far apart the items of a list are, by the labels that they carry."""

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit
from scipy import sparse

from recli.kernels.greedy import overlap
from recli.kernels.numbering import Numbering


def labels(items: pl.DataFrame, column: str, numbering: Numbering) -> sparse.csr_array:
    """Which labels each item carries [items, labels], from a column of values or of lists."""
    named = items.select("item_id", pl.col(column).alias("label"))
    if named.schema["label"].base_type() is pl.List:
        named = named.explode("label")
    named = named.with_columns(pl.col("label").cast(pl.String)).drop_nulls("label")
    rows = numbering.of(named["item_id"])
    columns = named["label"].rank("dense").cast(pl.Int32).to_numpy() - 1
    shape = (numbering.count, int(columns.max(initial=-1)) + 1)
    marks = sparse.coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=shape)
    carried = sparse.csr_array(marks)
    carried.sum_duplicates()
    return carried


def mean_jaccard(
    items: npt.NDArray[np.int32], carried: sparse.csr_array
) -> npt.NDArray[np.float64]:
    """Mean Jaccard distance over pairs of each row's items [users], NaN under two items.

    `items` [users, k] are row numbers of `carried`, -1 for none. An item without labels, or
    past the rows of `carried`, is at distance 1 from every other. Ziegler et al., "Improving
    recommendation lists through topic diversification", WWW 2005, as a mean of distances.
    """
    starts = carried.indptr.astype(np.int64)
    return mean_jaccard_of(items, starts, carried.indices.astype(np.int32))


def mean_jaccard_of(
    items: npt.NDArray[np.int32], starts: npt.NDArray[np.int64], codes: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """The same, by the sorted codes of each item: codes[starts[item] : starts[item + 1]]."""
    return np.asarray(_mean_jaccard(items, starts, codes))


@njit(cache=True)
def _mean_jaccard(items, starts, carried):  # type: ignore[no-untyped-def]
    result = np.empty(items.shape[0])
    for user in range(items.shape[0]):
        total = 0.0
        pairs = 0
        for one in range(items.shape[1]):
            for other in range(one):
                if items[user, one] >= 0 and items[user, other] >= 0:
                    total += _distance(items[user, one], items[user, other], starts, carried)
                    pairs += 1
        result[user] = total / pairs if pairs else np.nan
    return result


@njit(cache=True)
def _distance(one, other, starts, carried):  # type: ignore[no-untyped-def]
    known = len(starts) - 1
    if one >= known or other >= known:
        return 1.0
    return 1.0 - overlap(starts, carried, one, other)
