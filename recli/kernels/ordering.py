"""The order of rows by text id and time, through one whole number a row."""

import math

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.numbering import Numbering

Index = npt.NDArray[np.int64]
LIMIT = 1 << 62


def by_id_and_time(ids: pl.Series, times: pl.Series) -> tuple[Index, Index] | None:
    """Row numbers [rows] by id, then time, and the places in it of rows that agree in both.

    None where the two do not fit into one number: then sort in the usual way. Ids become their
    places in the sorted list of distinct ids, times the steps since the first one; sorting the
    products takes a third of the time of sorting text. Rows that agree have no order yet.

    >>> order, tied = by_id_and_time(pl.Series(["b", "a", "b", "a"]), pl.Series([5, 9, 5, 7]))
    >>> order[:2].tolist(), tied.tolist()
    ([3, 1], [2, 3])
    """
    if not len(ids) or ids.dtype != pl.String:
        return None
    place = _places(ids)
    since = times.to_physical().to_numpy().astype(np.int64)
    since = since - since.min()
    step = max(math.gcd(*since[:100].tolist()), 1)
    if not (since % step).any():
        since //= step
    span = int(since.max()) + 1
    if (int(place.max()) + 1) * span > LIMIT:
        return None
    key = place * span + since
    order = np.argsort(key)
    ranked = key[order]
    same = ranked[1:] == ranked[:-1]
    return order, np.flatnonzero(np.append(same, False) | np.append(False, same))


def _places(ids: pl.Series) -> Index:
    """Each id's place among the distinct ids in order [rows]."""
    numbering = Numbering(pl.String)
    number = numbering.of(ids)
    distinct = numbering.ids()
    place = np.empty(len(distinct), np.int64)
    place[distinct.arg_sort().to_numpy()] = np.arange(len(distinct))
    return place[number]
