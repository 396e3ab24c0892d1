"""Dense products over fixed blocks of rows, the same bits for any number of threads."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import scipy.linalg  # noqa: F401  (its BLAS must be loaded before it can be held to one thread)
from threadpoolctl import threadpool_limits

from recli.errors import RecliError

Vectors = npt.NDArray[np.float32]
Gram = npt.NDArray[np.float64]
T = TypeVar("T")
R = TypeVar("R")

BLOCK = 4096  # rows; fixed, so that neither sums nor products depend on the number of threads


def one_blas_thread() -> threadpool_limits:
    """Context in which BLAS keeps to the thread that calls it: its own threads change the bits."""
    return threadpool_limits(limits=1, user_api="blas")


def parallel(work: Callable[[T], R], tasks: Iterable[T], threads: int) -> list[R]:
    """Results in the order of the tasks; to gain time, work releases the interpreter's lock."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, tasks))


@contextmanager
def solvable() -> Iterator[None]:
    """Context that raises RecliError (data) where a row's equations have no solution."""
    try:
        yield
    except np.linalg.LinAlgError:
        raise RecliError(
            "the vectors are too large to fold a history in",
            "train with more --regularization, or a smaller --learning-rate where there is one",
        ) from None


def gram(vectors: Vectors, threads: int = 1) -> Gram:
    """Y^T Y, float64 [factors, factors]; call it under `one_blas_thread`."""

    def part(start: int) -> Gram:
        block = vectors[start : start + BLOCK]
        return (block.T @ block).astype(np.float64)

    nothing = np.zeros((vectors.shape[1], vectors.shape[1]))
    return sum(parallel(part, range(0, len(vectors), BLOCK), threads), nothing)


def product(vectors: Vectors, right: Vectors, threads: int = 1) -> Vectors:
    """Matrix product [rows, columns of right]; call it under `one_blas_thread`."""
    result = np.empty((len(vectors), right.shape[1]), np.float32)

    def part(start: int) -> None:
        rows = slice(start, start + BLOCK)
        np.matmul(vectors[rows], right, out=result[rows])

    parallel(part, range(0, len(vectors), BLOCK), threads)
    return result
