"""Numbers in [0, 1) from ids and a seed: the same on every machine and in every version."""

import numpy as np
import numpy.typing as npt
import polars as pl
from numba import njit

from recli.kernels.splitmix import GOLDEN, scramble

Hashes = npt.NDArray[np.uint64]


def uniform(columns: list[pl.Series], seed: int) -> npt.NDArray[np.float64]:
    """One number a row [rows] from the ids of all columns, independent between seeds.

    FNV-1a over the bytes of each id, the columns chained, finished by splitmix64.
    """
    hashes = np.full(len(columns[0]), np.uint64(seed & (2**64 - 1)))
    _mix(hashes)
    for column in columns:
        offsets, data = _bytes(column.cast(pl.String))
        _fold(hashes, offsets, data)
        _mix(hashes)
    return (hashes >> np.uint64(11)).astype(np.float64) / 2.0**53


def _bytes(column: pl.Series) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Where each text begins in the bytes of all of them [rows + 1]."""
    lengths = column.str.len_bytes().to_numpy().astype(np.int64)
    joined = "".join(column.to_list()).encode()
    return np.concatenate([[0], np.cumsum(lengths)]), np.frombuffer(joined, np.uint8)


@njit(cache=True)
def _fold(hashes, offsets, data):  # type: ignore[no-untyped-def]
    for row in range(hashes.size):
        value = hashes[row] ^ np.uint64(0xCBF29CE484222325)
        for at in range(offsets[row], offsets[row + 1]):
            value = (value ^ np.uint64(data[at])) * np.uint64(0x100000001B3)
        hashes[row] = value


@njit(cache=True)
def _mix(hashes):  # type: ignore[no-untyped-def]
    for row in range(hashes.size):
        hashes[row] = scramble(hashes[row] + GOLDEN)
