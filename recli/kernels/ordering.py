"""The order of rows by text id and time, through one whole number a row."""

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.numbering import Numbering

Index = npt.NDArray[np.int64]
LIMIT = 1 << 62


def by_id_and_time(ids: pl.Series, times: pl.Series) -> tuple[Index, bool] | None:
    """Row numbers [rows] by id, then time, and whether two rows agree in both.

    None where the two do not fit into one number: then sort in the usual way. Ids become their
    places in the sorted list of distinct ids, times the steps since the first one; sorting the
    products is three times as fast as sorting text. Rows that agree keep no order.
    """
    if not len(ids) or ids.dtype != pl.String:
        return None
    numbering = Numbering(pl.String)
    number = numbering.of(ids)
    distinct = numbering.ids()
    place = np.empty(len(distinct), np.int64)
    place[distinct.arg_sort().to_numpy()] = np.arange(len(distinct))
    moment = times.to_physical().to_numpy().astype(np.int64)
    since = moment - moment.min()
    step = max(math.gcd(*(int(gap) for gap in since[:100])), 1)
    if (since % step).any():
        step = 1
    since //= step
    span = int(since.max()) + 1
    if len(distinct) * span > LIMIT:
        return None
    key = place[number] * span + since
    order = np.argsort(key)
    ranked = key[order]
    return order, bool((ranked[1:] == ranked[:-1]).any())
