"""Filters on the graph of users and items: of its leading singular vectors, and by polynomials."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.shapes import GraphFilter, Vectors
from recli.kernels.svd import times, truncated_svd

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Graph:
    """The normalized log A = D_U^-1/2 R D_I^-1/2, with D the sums of rows and of columns.

    No singular value of A is larger than 1.
    """

    steps: Matrix  # A, float32 [users, items]
    degrees: Doubles  # [items] diagonal of D_I; 1 where there is nothing, so it divides

    def low_pass(self, factors: int, seed: int, threads: int) -> tuple[Vectors, Vectors]:
        """Encoder and decoder [items, factors] of D_I^-1/2 V V^T D_I^1/2.

        V are the right singular vectors of A, no more of them than users or items.
        """
        _, _, vectors = truncated_svd(self.steps, factors, seed, threads)
        roots = np.sqrt(self.degrees).astype(np.float32)[:, None]
        return vectors / roots, vectors * roots


def graph(matrix: Matrix) -> Graph:
    """The normalized log of weights float32 [users, items], all positive."""
    values = matrix.data.astype(np.float64)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    by_user = _sums(rows, values, matrix.shape[0])
    by_item = _sums(matrix.indices, values, matrix.shape[1])
    scaled = values / np.sqrt(by_user[rows] * by_item[matrix.indices])
    cells = (scaled.astype(np.float32), matrix.indices, matrix.indptr)
    return Graph(sparse.csr_array(cells, shape=matrix.shape), by_item)


def decay(time: float, steps: int, order: int) -> Doubles:
    """Coefficients of what such a Runge-Kutta method makes of exp(-time x), lowest first.

    A method of order 1 (Euler) or 4 follows y' = -x y in each step by the Taylor polynomial of
    its order: Hairer, Wanner, "Solving ordinary differential equations II", IV.2.

    >>> decay(1.0, 1, 1)
    array([ 1., -1.])
    """
    terms = -np.full(order, time / steps) / np.arange(1, order + 1)
    step = np.concatenate([[1.0], np.cumprod(terms)])
    return np.atleast_1d(np.polynomial.polynomial.polypow(step, steps)).astype(np.float64)


def sharpened(vectors: Vectors, graph: Graph, powers: Doubles, threads: int) -> Vectors:
    """The sum of powers[n] P^n times vectors [items, factors], P = A^T A."""
    back = sparse.csr_array(graph.steps.T)
    back.sort_indices()
    result = vectors * np.float32(powers[-1])
    for power in powers[-2::-1]:
        result = times(back, times(graph.steps, result, threads), threads)
        result += np.float32(power) * vectors
    return result


def filtered(graph: Graph, powers: Doubles, encoder: Vectors, decoder: Vectors) -> GraphFilter:
    """The filter with these powers of P, from the first, and this part of low rank."""
    return GraphFilter(graph.steps, tuple(float(power) for power in powers), encoder, decoder)


def _sums(numbers: npt.NDArray[np.integer], values: Doubles, count: int) -> Doubles:
    sums = np.bincount(numbers, values, count)
    return np.where(sums > 0, sums, 1.0)
