"""Vectors of users from what they did, whatever a model says is the way to get them."""

from functools import singledispatch

import numpy as np
from scipy import sparse

from recli.kernels import als, lmf, nmf, ratings, wmf
from recli.kernels.matrix import Matrix
from recli.kernels.products import one_blas_thread, solvable
from recli.kernels.shapes import (
    FoldIn,
    LogisticFoldIn,
    NonNegative,
    Projection,
    RatingFoldIn,
    Vectors,
    WeightedFoldIn,
)


@singledispatch
def folded(way: object, history: Matrix, items: Vectors, threads: int) -> Vectors:  # noqa: ARG001
    """Vectors [rows, factors] for histories [rows, items], beside item vectors."""
    raise TypeError(f"no way to fold {history.shape} into {items.shape} by {way}")


@folded.register
def _(way: FoldIn, history: Matrix, items: Vectors, threads: int) -> Vectors:
    return als.fold_in(history, items, way, threads=threads)


@folded.register
def _(way: WeightedFoldIn, history: Matrix, items: Vectors, threads: int) -> Vectors:
    return wmf.fold_in(history, items, way, threads)


@folded.register
def _(way: LogisticFoldIn, history: Matrix, items: Vectors, threads: int) -> Vectors:
    return lmf.fold_in(history, items, way, threads)


@folded.register
def _(way: Projection, history: Matrix, items: Vectors, threads: int) -> Vectors:  # noqa: ARG001
    return projected(history, way.encoder, way.exponent)


@folded.register
def _(way: NonNegative, history: Matrix, items: Vectors, threads: int) -> Vectors:
    return nmf.fold_in(history, items, way, threads)


@folded.register
def _(way: RatingFoldIn, history: Matrix, items: Vectors, threads: int) -> Vectors:
    factors = items.shape[1] - 2
    start = ratings.nobody(history.shape[0], factors, way.mean)
    if way.implicit is not None:
        rated = sparse.csr_array(
            (np.ones_like(history.data), history.indices, history.indptr), shape=history.shape
        )
        start[:, :factors] = projected(rated, way.implicit, 0.5)
    with one_blas_thread(), solvable():
        return ratings.solved(history, start, items, way, threads)


def projected(history: Matrix, encoder: Vectors, exponent: float = 0.0) -> Vectors:
    """Sums of the encoder's rows, float32 [rows, factors], summed in float64 in column order."""
    wide = sparse.csr_array(history.astype(np.float64)) @ encoder.astype(np.float64)
    counts = np.maximum(np.diff(history.indptr), 1).astype(np.float64)
    vectors: Vectors = (wide / counts[:, None] ** exponent).astype(np.float32)
    return vectors
