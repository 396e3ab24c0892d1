"""Factorization machines over codes, by variational Bayes: every weight has a mean and a variance.

Rendle, "Factorization machines", ICDM 2010: the pairwise term is half of |sum v|^2 - sum |v|^2
(lemma 3.1), linear in the codes of a row. Means and variances are those of independent normal
distributions, moved one field and factor at a time to where the evidence lower bound is highest;
the log loss is bounded as by Jaakkola and Jordan, "Bayesian parameter estimation via variational
methods", Statistics and Computing 2000. How far weights spread is learned for each field and
factor: there is no penalty, no step length and nothing to stop early.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from recli.kernels.binning import Codes

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
_FIRST = 0.2  # variance that is expected of a row's pairwise terms together; of its weights: 1
_FLAT = 1e-3  # precision that is expected of the bias


@dataclass
class Machine:
    """Distributions of the bias, of the weights, and of the vectors, the bias last."""

    starts: Longs  # [fields + 1] where the codes of each field begin
    weights: Doubles  # [width + 1] means
    weight_widths: Doubles  # [width + 1] variances
    vectors: Doubles  # [factors, width] means
    vector_widths: Doubles  # [factors, width] variances
    spread: float  # variance that is expected of the vectors of a field
    # What the precisions of a field's weights and vectors are thought to be: [1 + factors, fields].
    precisions: Doubles

    @staticmethod
    def fresh(starts: Longs, factors: int, draw: np.random.Generator) -> "Machine":
        """Vectors of small random numbers, all else at rest."""
        width, fields = int(starts[-1]), len(starts) - 1
        pairs = max(factors * fields * (fields - 1) / 2, 1.0)
        spread = float(np.sqrt(_FIRST / pairs))
        vectors = draw.normal(0, np.sqrt(spread), (factors, width))
        precisions = np.full((1 + factors, fields), 1 / spread)
        precisions[0] = fields  # all weights of a row together vary by 1
        return Machine(
            starts,
            np.zeros(width + 1),
            np.full(width + 1, 0.01),
            vectors,
            np.full((factors, width), spread / 10),
            spread,
            precisions,
        )

    def point(self) -> tuple[Floats, Floats]:
        """The means, as `scores` takes them: weights [width + 1], vectors [width, factors]."""
        vectors = np.ascontiguousarray(self.vectors.T, np.float32)
        return self.weights.astype(np.float32), vectors


class Learning:
    """A machine beside the rows that it learns from. Memory: 60 bytes a row and 4 a code."""

    def __init__(
        self, machine: Machine, codes: Codes, chosen: npt.NDArray[np.bool_], shares: Doubles
    ) -> None:
        """`codes` [rows, fields] count from the first of the first field; `shares` [rows]."""
        self.machine, self.shares = machine, shares
        self._codes = np.ascontiguousarray((codes - machine.starts[:-1]).T.astype(np.int32))
        self._pull = shares * (chosen - 0.5)  # slope of the bound at nothing
        self.means, self.variances = np.zeros(len(codes)), np.zeros(len(codes))
        self._sums = np.zeros((3, len(codes)))
        self._measured()

    def sweep(self) -> None:
        """Move every mean, variance and precision once."""
        machine, fields = self.machine, range(len(self._codes))
        curves = self.shares * _curvature(np.sqrt(self.means**2 + self.variances))
        total = _FLAT + 2 * float(np.cumsum(curves)[-1])
        off = float(np.cumsum(self._pull - 2 * curves * (self.means - machine.weights[-1]))[-1])
        self.means += off / total - machine.weights[-1]
        machine.weights[-1], machine.weight_widths[-1] = off / total, 1 / total
        for field in fields:
            own = slice(*machine.starts[field : field + 2])
            means, widths = machine.weights[own], machine.weight_widths[own]
            _move_weights(
                self._codes[field], self._pull, curves, self.means, means, widths,
                machine.precisions[0, field],
            )  # fmt: skip
            machine.precisions[0, field] = _precision(means, widths, 1 / len(fields))
        for factor in range(len(machine.vectors)):
            self._summed(factor)
            for field in fields:
                own = slice(*machine.starts[field : field + 2])
                means, widths = machine.vectors[factor, own], machine.vector_widths[factor, own]
                _move_vectors(
                    self._codes[field], self._pull, curves, self.means, *self._sums, means, widths,
                    machine.precisions[1 + factor, field],
                )  # fmt: skip
                found = _precision(means, widths, machine.spread)
                machine.precisions[1 + factor, field] = found
        self._measured()

    def _summed(self, factor: int) -> None:
        """Sums over the codes of each row: of means, of variances, of their products."""
        machine, (held, wide, both) = self.machine, self._sums
        self._sums[:] = 0.0
        for field, codes in enumerate(self._codes):
            own = slice(*machine.starts[field : field + 2])
            _add_sums(
                codes, machine.vectors[factor, own], machine.vector_widths[factor, own],
                held, wide, both,
            )  # fmt: skip

    def _measured(self) -> None:
        """Means and variances of the log odds [rows] of the machine as it is."""
        machine, (held, wide, both) = self.machine, self._sums
        self._sums[:] = 0.0
        for field, codes in enumerate(self._codes):
            own = slice(*machine.starts[field : field + 2])
            weights, widths = machine.weights[own], machine.weight_widths[own]
            _add_sums(codes, weights, widths, held, wide, both)
        self.means[:] = held + machine.weights[-1]
        self.variances[:] = wide + machine.weight_widths[-1]
        for factor in range(len(machine.vectors)):
            self._summed(factor)
            self.means += held**2 / 2
            self.variances += wide**2 / 2
            for field, codes in enumerate(self._codes):
                own = slice(*machine.starts[field : field + 2])
                means, widths = machine.vectors[factor, own], machine.vector_widths[factor, own]
                _add_pairs(codes, means, widths, held, self.means, self.variances)


def scores(codes: Codes, weights: Floats, vectors: Floats) -> Doubles:
    """Log odds [rows] by weights [width + 1], the bias last, and vectors [width, factors]."""
    out = np.empty(len(codes))
    _scores(codes, weights, vectors, out)
    return out


def _curvature(at: Doubles) -> Doubles:
    """tanh(x / 2) / 4x: half of how fast the slope of the bound of the log loss falls."""
    safe = np.maximum(at, 1e-6)
    found: Doubles = np.tanh(safe / 2) / (4 * safe)
    return found


def _precision(means: Doubles, widths: Doubles, spread: float) -> float:
    """The mean of its gamma distribution, which is 1 / spread before anything is known."""
    squares = float(np.cumsum(means**2 + widths)[-1])
    return (1 + len(means) / 2) / (spread + squares / 2)


@njit(cache=True, nogil=True)
def _move_weights(codes, pull, curves, odds, means, widths, precision):  # type: ignore[no-untyped-def]
    """A field's weights to where the bound is highest, and with them the means of the log odds."""
    total, slope = np.full(len(means), precision), np.zeros(len(means))
    for row in range(len(codes)):
        code = codes[row]
        total[code] += 2 * curves[row]
        slope[code] += pull[row] - 2 * curves[row] * (odds[row] - means[code])
    moved = slope / total
    for row in range(len(codes)):
        odds[row] += moved[codes[row]] - means[codes[row]]
    means[:], widths[:] = moved, 1 / total


@njit(cache=True, nogil=True)
def _move_vectors(  # type: ignore[no-untyped-def]
    codes, pull, curves, odds, held, wide, both, means, widths, precision
):
    """The same for one factor of a field, and with it what the rows hold of the factor.

    A code's value v stands in the log odds as v * q + rest, q the sum of the others' values. The
    bound asks for the mean of q^2 and of q * rest: rest has the others' products in it, which
    vary with q by their variances.
    """
    total, slope = np.full(len(means), precision), np.zeros(len(means))
    for row in range(len(codes)):
        code = codes[row]
        mean, width = means[code], widths[code]
        q, spread = held[row] - mean, wide[row] - width
        together = spread * q - (both[row] - width * mean)
        curve = 2 * curves[row]
        total[code] += curve * (q * q + spread)
        slope[code] += pull[row] * q - curve * (q * (odds[row] - mean * q) + together)
    moved, narrowed = slope / total, 1 / total
    for row in range(len(codes)):
        code = codes[row]
        step = moved[code] - means[code]
        odds[row] += step * (held[row] - means[code])
        held[row] += step
        wide[row] += narrowed[code] - widths[code]
        both[row] += moved[code] * narrowed[code] - means[code] * widths[code]
    means[:], widths[:] = moved, narrowed


@njit(cache=True, nogil=True)
def _add_sums(codes, means, widths, held, wide, both):  # type: ignore[no-untyped-def]
    """A field's part of what rows hold of a factor."""
    for row in range(len(codes)):
        mean, width = means[codes[row]], widths[codes[row]]
        held[row] += mean
        wide[row] += width
        both[row] += mean * width


@njit(cache=True, nogil=True)
def _add_pairs(codes, means, widths, held, odds, variances):  # type: ignore[no-untyped-def]
    """A field's part of half of (sum v)^2 - sum v^2, less that of (sum v)^2: mean and variance."""
    for row in range(len(codes)):
        mean, width = means[codes[row]], widths[codes[row]]
        odds[row] -= mean * mean / 2
        variances[row] += width * (held[row] - mean) ** 2 - width * width / 2


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
