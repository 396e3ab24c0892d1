"""Compiled AdaGrad steps of logistic matrix factorization; `lmf.py` holds the likelihood."""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.bpr import dot
from recli.kernels.splitmix import GOLDEN, fraction, scramble


class Side(NamedTuple):
    """One side's rows, and what each is compared with."""

    starts: npt.NDArray[np.int64]  # [rows + 1]
    columns: npt.NDArray[np.int32]  # [entries]
    pull: npt.NDArray[np.float32]  # [entries] alpha w
    push: npt.NDArray[np.float64]  # [rows] what the negatives of a row weigh together
    mass: npt.NDArray[np.float64]  # [other side] running sum of the chances to be drawn
    guide: npt.NDArray[np.int64]  # [other side] where a search begins, for equal shares of mass


class Step(NamedTuple):
    """How far a step goes."""

    rate: np.float32
    penalty: np.float32
    constant: int  # the coordinate that is always 1


@njit(cache=True, nogil=True)
def logistic(score: Any) -> Any:
    """Slope and value of ln(1 + e^score) at a float32, without overflow."""
    away = math.exp(-abs(score))
    slope = 1.0 / (1.0 + away) if score > 0 else away / (1.0 + away)
    return np.float32(slope), math.log1p(away) + max(score, np.float32(0))


@njit(cache=True, nogil=True)
def drawn(side: Side, share: float) -> Any:
    """The row of the other side at a share in (0, 1] of the mass (Chen and Asau 1974)."""
    last = len(side.mass) - 1
    row = side.guide[min(int(share * len(side.guide)), last)]
    while row < last and side.mass[row] < share * side.mass[last]:
        row += 1
    return row


@njit(cache=True, nogil=True)
def gradient(row: int, x: Any, Y: Any, side: Side, state: Any, slope: Any) -> float:
    """Write the gradient of the likelihood by a row's vector, its negatives drawn from a stream.

    Comes back with the likelihood itself, of the sample, without the penalty.
    """
    slope[:] = np.float32(0)
    likelihood = 0.0
    for entry in range(side.starts[row], side.starts[row + 1]):
        y = Y[side.columns[entry]]
        up, lost = logistic(-dot(x, y))
        likelihood -= side.pull[entry] * lost
        up *= side.pull[entry]
        for factor in range(x.shape[0]):
            slope[factor] += up * y[factor]
    draws = max(int(side.push[row] + 0.5), 1)
    each = np.float32(side.push[row] / draws)
    for _ in range(draws):
        state += GOLDEN
        # 1 - fraction lies in (0, 1], so that what has no mass is not found.
        y = Y[drawn(side, 1.0 - fraction(scramble(state)))]
        down, lost = logistic(dot(x, y))
        likelihood -= each * lost
        down *= each
        for factor in range(x.shape[0]):
            slope[factor] -= down * y[factor]
    return likelihood


@njit(cache=True, nogil=True)
def ascend(
    side: Side, X: Any, Y: Any, squares: Any, streams: Any, step: Step, tally: Any, first: int,
    last: int,
) -> None:  # fmt: skip
    """One AdaGrad step of rows first..last of X (Johnson 2014, section 3.2), in place.

    `squares` [rows, factors] sums up squared gradients; `streams` uint64 [rows] start the random
    numbers; `tally` [rows] takes the likelihood.
    """
    factors = X.shape[1]
    slope = np.empty(factors, np.float32)
    constant = step.constant % factors
    for row in range(first, last):
        if side.starts[row] == side.starts[row + 1]:
            continue
        x = X[row]
        tally[row] = gradient(row, x, Y, side, scramble(streams[row]), slope)
        for factor in range(factors):
            if factor != constant:
                up = slope[factor] - step.penalty * x[factor]
                squares[row, factor] += up * up
                x[factor] += step.rate * up / (np.float32(1e-3) + math.sqrt(squares[row, factor]))
