"""Factorization machines over codes, by stochastic descent with a step for each weight.

Rendle, "Factorization machines", ICDM 2010: the pairwise term is half of |sum v|^2 - sum |v|^2
(lemma 3.1), linear in the codes of a row. Steps are AdaGrad's: Duchi et al., JMLR 2011.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.binning import Codes

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


@dataclass
class Machine:
    """Bias, weights and vectors, and the squares of the slopes seen so far."""

    weights: Floats  # [width + 1], the bias last
    vectors: Floats  # [width, factors]
    weight_steps: Floats  # [width + 1]
    vector_steps: Floats  # [width, factors]

    @staticmethod
    def fresh(width: int, factors: int, draw: np.random.Generator) -> "Machine":
        """Vectors of small random numbers, all else at rest."""
        vectors = draw.normal(0, 0.1 / np.sqrt(max(factors, 1)), (width, factors))
        # One is added to the sums of squares, or the first steps would be of full length.
        ones = np.ones((width, factors), np.float32)
        return Machine(
            np.zeros(width + 1, np.float32),
            vectors.astype(np.float32),
            np.ones(width + 1, np.float32),
            ones,
        )


def epoch(
    machine: Machine,
    codes: Codes,
    chosen: npt.NDArray[np.bool_],
    shares: Floats,
    order: npt.NDArray[np.int64],
    learning_rate: float,
    penalties: Floats,
) -> float:
    """Learn from every row once, in some order; the mean log loss before each step.

    `penalties` [width] are those of a code at each of its rows: its share of L2.
    """
    total: float = _epoch(
        machine.weights, machine.vectors, machine.weight_steps, machine.vector_steps,
        codes, chosen, shares, order, np.float32(learning_rate), penalties,
    )  # fmt: skip
    return total / float(shares.sum())


def scores(codes: Codes, weights: Floats, vectors: Floats) -> Doubles:
    """Log odds [rows]."""
    out = np.empty(len(codes))
    _scores(codes, weights, vectors, out)
    return out


@njit(cache=True, nogil=True)
def _scores(codes, weights, vectors, out):  # type: ignore[no-untyped-def]
    factors = vectors.shape[1]
    sums = np.empty(factors)
    for row in range(len(codes)):
        total = np.float64(weights[-1])
        sums[:] = 0.0
        squares = 0.0
        for at in range(codes.shape[1]):
            code = codes[row, at]
            total += weights[code]
            for factor in range(factors):
                value = np.float64(vectors[code, factor])
                sums[factor] += value
                squares += value * value
        whole = 0.0
        for factor in range(factors):
            whole += sums[factor] * sums[factor]
        out[row] = total + 0.5 * (whole - squares)


@njit(cache=True, nogil=True, fastmath={"contract", "arcp", "nsz"})
def _epoch(  # type: ignore[no-untyped-def]
    weights, vectors, weight_steps, vector_steps, codes, chosen, shares, order, rate, penalties
):
    factors, held = vectors.shape[1], codes.shape[1]
    sums = np.empty(factors, np.float32)
    lost = 0.0
    for row in order:
        odds = weights[-1]
        sums[:] = 0.0
        squares = np.float32(0.0)
        for at in range(held):
            code = codes[row, at]
            odds += weights[code]
            for factor in range(factors):
                value = vectors[code, factor]
                sums[factor] += value
                squares += value * value
        whole = np.float32(0.0)
        for factor in range(factors):
            whole += sums[factor] * sums[factor]
        odds += np.float32(0.5) * (whole - squares)
        signed = odds if chosen[row] else -odds
        lost += shares[row] * (np.log1p(np.exp(-abs(signed))) + max(-signed, np.float32(0.0)))
        error = np.float32(1.0) / (np.float32(1.0) + np.exp(-odds))
        error = shares[row] * (error - np.float32(1.0 if chosen[row] else 0.0))
        weight_steps[-1] += error * error
        weights[-1] -= rate * error / np.sqrt(weight_steps[-1])
        for at in range(held):
            code = codes[row, at]
            l2 = penalties[code]
            slope = error + l2 * weights[code]
            weight_steps[code] += slope * slope
            weights[code] -= rate * slope / np.sqrt(weight_steps[code])
            for factor in range(factors):
                value = vectors[code, factor]
                turn = error * (sums[factor] - value) + l2 * value
                vector_steps[code, factor] += turn * turn
                vectors[code, factor] = value - rate * turn / np.sqrt(vector_steps[code, factor])
    return lost
