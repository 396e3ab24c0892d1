"""Logistic regression over codes: one weight a code, found by L-BFGS."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.binning import Codes
from recli.kernels.descent import least
from recli.kernels.threads import in_threads
from recli.kernels.watch import Watch

Doubles = npt.NDArray[np.float64]
_PARTS = 16  # whose sums are added in order, whatever the threads


@dataclass(frozen=True)
class Rows:
    """What is learned from: codes, whether each row was chosen, and its weight."""

    codes: Codes  # [rows, codes of a row]
    chosen: npt.NDArray[np.bool_]  # [rows]
    weights: Doubles  # [rows]
    width: int  # of all codes
    threads: int = 1


def fit(rows: Rows, l2: float, watch: Watch, report: Callable[[str], None]) -> Doubles:
    """Weights [width + 1] that are best: of each code, then the bias.

    Least is sum weights * log loss + l2 / 2 * |weights of codes|^2; the bias is free.
    """
    bounds = np.linspace(0, len(rows.codes), _PARTS + 1).astype(np.int64)
    sums = np.zeros((_PARTS, rows.width + 2))
    total = rows.weights.sum()

    def value(weights: Doubles) -> tuple[float, Doubles]:
        def part(at: int) -> None:
            sums[at] = 0.0
            ends = slice(bounds[at], bounds[at + 1])
            _part(rows.codes[ends], rows.chosen[ends], rows.weights[ends], weights, sums[at])

        in_threads(part, range(_PARTS), rows.threads)
        whole = np.cumsum(sums, axis=0)[-1]
        slope = whole[:-1].copy()
        slope[:-1] += l2 * weights[:-1]
        loss = whole[-1] + l2 / 2 * float(np.cumsum(weights[:-1] ** 2)[-1])
        return loss / total, slope / total

    start = np.zeros(rows.width + 1)
    share = float((rows.weights * rows.chosen).sum() / total)
    start[-1] = np.log(share / (1 - share))

    def told(loss: str) -> None:
        report(f"log loss and penalty {loss}")

    return least(value, start, watch, told)


def scores(codes: Codes, weights: Doubles) -> Doubles:
    """Log odds [rows]."""
    out = np.empty(len(codes))
    _scores(codes, weights, out)
    return out


@njit(cache=True, nogil=True)
def _scores(codes, weights, out):  # type: ignore[no-untyped-def]
    for row in range(len(codes)):
        total = weights[-1]
        for at in range(codes.shape[1]):
            total += weights[codes[row, at]]
        out[row] = total


@njit(cache=True, nogil=True)
def _part(codes, chosen, shares, weights, sums):  # type: ignore[no-untyped-def]
    """Slope of each weight and of the bias, then the loss, added up in `sums` [width + 2]."""
    for row in range(len(codes)):
        odds = weights[-1]
        for at in range(codes.shape[1]):
            odds += weights[codes[row, at]]
        # log(1 + exp(-z)) without overflow on either side.
        signed = odds if chosen[row] else -odds
        loss = np.log1p(np.exp(-abs(signed))) + max(-signed, 0.0)
        chance = 1.0 / (1.0 + np.exp(-odds)) if odds >= 0 else np.exp(odds) / (1.0 + np.exp(odds))
        error = shares[row] * (chance - (1.0 if chosen[row] else 0.0))
        for at in range(codes.shape[1]):
            sums[codes[row, at]] += error
        sums[-2] += error
        sums[-1] += shares[row] * loss
