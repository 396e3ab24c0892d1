"""The largest singular values of a sparse matrix, the same bits for any number of threads.

Block Lanczos with full reorthogonalization: a basis of the shorter side grows, block by block, by
the matrix times its transpose times the block before, until the last singular value wanted stands
still. Golub, Luk, Overton, "A block Lanczos method for computing the singular values and
corresponding singular vectors of a matrix", TOMS 1981; Musco, Musco, "Randomized block Krylov
methods for stronger and faster approximate singular value decomposition", NeurIPS 2015.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import sparse

from recli.errors import ExitCode, RecliError
from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import raw
from recli.kernels.products import BLOCK as ROWS
from recli.kernels.products import one_blas_thread, parallel
from recli.kernels.shapes import Vectors
from recli.kernels.threads import in_threads

Doubles = npt.NDArray[np.float64]
Triplets = tuple[Vectors, Vectors, Vectors]

FEW = 128  # factors up to which thin blocks are faster
THIN, BROAD = 16, 64  # vectors that the basis grows by
DENSE = 1024  # a side up to so long is decomposed at once
TASKS = 64  # parts of about equal work that threads take in turn
CLOSE = 5e-3  # residual of a vector, as a share of its squared value, at which it stands
NOTHING = 1e-5  # a value this small beside the largest is rounding


def truncated_svd(matrix: Matrix, factors: int, seed: int = 0, threads: int = 1) -> Triplets:
    """U [rows, factors], s [factors] falling and V [columns, factors] with U diag(s) V^T near M.

    `matrix` float32 [rows, columns]; all three float32. The entry of largest magnitude in each
    column of V is positive. Where the rank is less than the factors, the rest is zero. Memory:
    about 12 bytes for each factor of each row and column. Raises ValueError where there are more
    factors than rows or columns.
    """
    if not 1 <= factors <= min(matrix.shape):
        raise ValueError(f"{factors} factors of a matrix {matrix.shape}")
    across = sparse.csr_array(matrix.T)
    across.sort_indices()
    wide = matrix.shape[0] <= matrix.shape[1]
    shorter, longer = (matrix, across) if wide else (across, matrix)
    with one_blas_thread():
        if min(matrix.shape) <= DENSE:
            short, values, long = _dense(shorter, factors)
        else:
            short, values, long = _lanczos(shorter, longer, factors, seed, threads)
    users, items = (short, long) if wide else (long, short)
    top = items[np.abs(items).argmax(axis=0), np.arange(factors)]
    signs = np.where(top < 0, np.float32(-1), np.float32(1))
    return users * signs, values, items * signs


def check_factors(asked: int | None, matrix: Matrix, model: str) -> None:
    """Raise RecliError (usage) where more factors are asked for than there are singular values."""
    users, items = matrix.shape
    if asked is not None and asked > min(users, items):
        raise RecliError(
            f"{model}: no {asked} factors of {users} users and {items} items",
            f"--factors may be {min(users, items)} at most",
            code=ExitCode.USAGE,
        )


def times(matrix: Matrix, vectors: Vectors, threads: int = 1) -> Vectors:
    """Sparse [rows, columns] times dense [columns, width], float32."""
    result = np.empty((matrix.shape[0], vectors.shape[1]), np.float32)
    cells = raw(matrix)
    work = cells[0] + np.arange(len(cells[0]))
    cuts = np.searchsorted(work, np.linspace(0, work[-1], TASKS + 1))
    runs = list(pairwise(np.unique([*cuts, 0, matrix.shape[0]]).tolist()))
    in_threads(lambda run: _times(cells, vectors, result, *run), runs, threads)
    return result


def _dense(short: Matrix, factors: int) -> Triplets:
    """By all eigenvectors of M M^T, M having fewer rows than columns."""
    double = short.astype(np.float64)
    vectors = np.linalg.eigh((double @ double.T).toarray())[1][:, ::-1][:, :factors]
    return _triplets(vectors, double.T @ vectors)


def _triplets(vectors: Doubles | Vectors, other: Doubles | Vectors) -> Triplets:
    """Vectors of one side, values, and the unit vectors of the other, from M^T times the first."""
    # Roots of the squares would be exact only to the root of what float32 rounds.
    values = np.sqrt(np.square(other, dtype=np.float64).sum(axis=0))
    real = values > NOTHING * values[0]
    inverse = np.where(real, 1 / np.where(real, values, 1), 0)
    return (
        np.ascontiguousarray(vectors * real, np.float32),
        np.where(real, values, 0).astype(np.float32),
        np.ascontiguousarray(other * inverse, np.float32),
    )


def _lanczos(short: Matrix, long: Matrix, factors: int, seed: int, threads: int) -> Triplets:
    """By block Lanczos on M M^T; M `short`, with fewer rows than columns, and M^T `long`."""
    size, width = short.shape[0], THIN if factors <= FEW else BROAD
    most = min(size, 3 * factors + 16 * BROAD)
    draw = np.random.default_rng(seed)
    basis = np.empty((most, size), np.float32)  # orthonormal rows
    images = np.empty((most, long.shape[0]), np.float32)  # M^T times each
    inner = np.zeros((most, most))  # products of these
    block = draw.standard_normal((size, width), np.float32)
    held, checked = 0, factors
    while True:
        block = _orthonormal(block, basis[:held], most - held, draw, threads)
        end = held + block.shape[1]
        image = times(long, block, threads)
        basis[held:end], images[held:end] = block.T, image.T
        inner[:end, held:end] = _cross(images[:end], image, threads)
        inner[held:end, :held] = inner[:held, held:end].T
        if end == most or held >= 1.2 * checked:
            checked, stands = held, _stands(inner[:end, :end], held, factors)
            if end == most or stands:
                break
        held, block = end, times(short, image, threads)
    axes = np.linalg.eigh(inner[:end, :end])[1]
    turn = axes[:, ::-1][:, :factors].astype(np.float32)
    return _triplets(_turned(basis[:end], turn, threads), _turned(images[:end], turn, threads))


def _stands(inner: Doubles, held: int, factors: int) -> bool:
    """Whether M M^T takes no vector wanted of the first `held` out of their span."""
    if held < factors:
        return False
    squares, axes = np.linalg.eigh(inner[:held, :held])
    squares, axes = squares[::-1][:factors], axes[:, ::-1][:, :factors]
    residuals = np.linalg.norm(inner[held:, :held] @ axes, axis=0)
    return bool((residuals <= CLOSE * squares + NOTHING * squares[0]).all())


def _orthonormal(
    block: Vectors, basis: Vectors, room: int, draw: np.random.Generator, threads: int
) -> Vectors:
    """An orthonormal basis of the block beside that which stands; twice is enough (Kahan)."""
    block = block[:, :room]
    scale = np.abs(np.linalg.norm(block, axis=0)).max()
    for turn in range(3):
        block = block - _turned(basis, _cross(basis, block, threads).astype(np.float32), threads)
        block, triangle = np.linalg.qr(block)
        # What the matrix adds nothing to goes on with a random direction.
        weak = np.abs(np.diagonal(triangle)) <= NOTHING * scale
        if turn and not weak.any():
            break
        block[:, weak] = draw.standard_normal((len(block), int(weak.sum())), np.float32)
        scale = np.float32(1)
    return np.ascontiguousarray(block)


def _cross(rows: Vectors, columns: Vectors, threads: int) -> Doubles:
    """Products of rows [n, size] and columns [size, m], float64 [n, m]."""

    def part(start: int) -> Doubles:
        run = slice(start, start + ROWS)
        return (rows[:, run] @ columns[run]).astype(np.float64)

    nothing = np.zeros((len(rows), columns.shape[1]))
    return sum(parallel(part, range(0, len(columns), ROWS), threads), nothing)


def _turned(rows: Vectors, turn: Vectors, threads: int) -> Vectors:
    """Rows^T [size, n] times a turn [n, m], float32 [size, m]."""
    result = np.empty((rows.shape[1], turn.shape[1]), np.float32)

    def part(start: int) -> None:
        run = slice(start, start + ROWS)
        np.matmul(rows[:, run].T, turn, out=result[run])

    parallel(part, range(0, len(result), ROWS), threads)
    return result


@njit(cache=True, nogil=True)
def _times(cells, vectors, result, first, last):  # type: ignore[no-untyped-def]
    """Writes rows first..last of the product."""
    starts, columns, values = cells
    for row in range(first, last):
        out = result[row]
        out[:] = np.float32(0)
        for cell in range(starts[row], starts[row + 1]):
            vector, value = vectors[columns[cell]], values[cell]
            for at in range(out.size):
                out[at] += value * vector[at]
