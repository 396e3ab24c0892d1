"""Ridge regression that also knows how sure it is: the model of linear bandits.

Li et al., "A contextual-bandit approach to personalized news article recommendation", WWW 2010,
(3) to (5): A = D'D + l2 I, theta = A^-1 D'c, and the width of a row is sqrt(x' A^-1 x). The
last of x is 1, so that what a row without features earns is learned too.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.products import BLOCK, one_blas_thread, parallel
from recli.kernels.standard import Columns

Doubles = npt.NDArray[np.float64]


def fit(
    columns: Columns,
    rewards: npt.NDArray[np.float32],
    shares: Doubles,
    l2: float,
    threads: int,
) -> tuple[Doubles, Doubles]:
    """Weights [features + 1] and A^-1 [features + 1, features + 1] of columns [features, rows].

    `shares` [rows] is how often each row counts.
    """

    def part(start: int) -> Doubles:
        ends = slice(start, start + BLOCK)
        own = rewards[ends]
        block = np.vstack([columns[:, ends], np.ones_like(own), own]).astype(np.float64)
        found: Doubles = (block * shares[ends]) @ block.T
        return found

    width = len(columns) + 1
    with one_blas_thread():
        parts = parallel(part, range(0, len(rewards), BLOCK), threads)
        whole = sum(parts, np.zeros((width + 1, width + 1)))
        inverse = np.linalg.inv(whole[:-1, :-1] + l2 * np.eye(width))
        return inverse @ whole[:-1, -1], (inverse + inverse.T) / 2


def widths(columns: npt.NDArray[np.floating], inverse: Doubles) -> Doubles:
    """sqrt(x' A^-1 x) of every row [rows]."""
    out = np.empty(columns.shape[1])
    _widths(columns, inverse, out)
    return out


def shares(columns: Columns, inverse: Doubles) -> Doubles:
    """What each feature adds to the width of its row, last that of a row of zeros.

    [rows, features + 1]: a sum of terms is a difference of squares, and those of two widths
    differ by as much as the widths do, times their sum.
    """
    wide, nobody = columns.astype(np.float64), np.sqrt(inverse[-1, -1])
    with one_blas_thread():
        terms = wide * (inverse[:-1, :-1] @ wide + 2 * inverse[:-1, -1:])
    added = terms / (widths(columns, inverse) + nobody)
    return np.vstack([added, np.full(columns.shape[1], nobody)]).T


@njit(cache=True, nogil=True)
def _widths(columns, inverse, out):  # type: ignore[no-untyped-def]
    last = len(columns)
    for row in range(len(out)):
        whole = inverse[last, last]
        for one in range(last):
            part = 2 * inverse[one, last]
            for other in range(last):
                part += inverse[one, other] * columns[other, row]
            whole += part * columns[one, row]
        out[row] = np.sqrt(max(whole, 0.0))
