"""Rows of whole users by their place in each user's history."""

import numpy as np
import numpy.typing as npt
import polars as pl

Numbers = npt.NDArray[np.int64]


def lengths(users: pl.Series) -> Numbers:
    """How many rows each row's user has [rows]; a user's rows stand together."""
    runs = _runs(users)
    return np.repeat(runs, runs)


def from_end(users: pl.Series) -> Numbers:
    """How many rows of the same user follow each row [rows].

    >>> from_end(pl.Series(["a", "a", "a", "b"])).tolist()
    [2, 1, 0, 0]
    """
    runs = _runs(users)
    ends = np.cumsum(runs)
    return np.repeat(ends, runs) - np.arange(len(users)) - 1


def _runs(users: pl.Series) -> Numbers:
    return users.rle().struct.field("len").to_numpy().astype(np.int64)
