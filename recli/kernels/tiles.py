"""A symmetric matrix as the tiles of its lower half: inverted in place, in half the memory.

Gauss-Jordan elimination by blocks, in the symmetric form that is known as sweeping (Beaton, "The
use of special matrix operators in statistical calculus", 1964): it costs as many operations as
LAPACK's potrf and potri, needs no pivots where the matrix is positive definite, and every step is
a product of small matrices. Each of these runs on one thread, in an order that does not depend on
how many there are, so the bits do not either.
"""

import threading

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels.matrix import Matrix
from recli.kernels.products import one_blas_thread
from recli.kernels.threads import in_threads

Tile = npt.NDArray[np.float32]
Tiles = list[list[Tile]]  # row and column of tiles, column <= row

SIDE = 512  # rows of a tile; 1024 measured no faster


def memory(size: int) -> int:
    """Bytes that a matrix of so many rows takes here, and its inversion with it."""
    rows = -(-size // SIDE) * SIDE
    return 4 * (rows * (rows + SIDE) // 2 + 2 * rows * SIDE)


def gram_plus_one(matrix: Matrix, threads: int = 1) -> Tiles:
    """I + M M^T of a sparse M, float32 [rows, columns]."""
    size = matrix.shape[0]
    parts = [sparse.csr_array(matrix[start : start + SIDE]) for start in range(0, size, SIDE)]
    right = [sparse.csr_array(part.T) for part in parts]
    # One piece of memory: tiles of their own, made by several threads, lie in it like a sieve.
    whole = np.zeros((len(parts) * (len(parts) + 1) // 2, SIDE, SIDE), np.float32)
    tiles = [
        [
            whole[row * (row + 1) // 2 + column, : part.shape[0], : parts[column].shape[0]]
            for column in range(row + 1)
        ]
        for row, part in enumerate(parts)
    ]

    def fill(row: int) -> None:
        for column, tile in enumerate(tiles[row]):
            cells = sparse.coo_array(parts[row] @ right[column])
            tile[cells.row, cells.col] = cells.data
        diagonal = np.einsum("ii->i", tiles[row][row])
        diagonal += np.float32(1)

    in_threads(fill, range(len(parts)), threads)
    return tiles


def invert(tiles: Tiles, threads: int = 1) -> None:
    """Puts MINUS the inverse of a positive definite matrix in its place.

    Raises numpy.linalg.LinAlgError where it is singular in float32.
    """
    size = len(tiles) * SIDE
    before, after = (np.empty((size, SIDE), np.float32) for _ in range(2))
    with one_blas_thread():
        for step in range(len(tiles)):
            _sweep(tiles, step, before, after, threads)


def _sweep(tiles: Tiles, step: int, before: Tile, after: Tile, threads: int) -> None:
    """One step: A_kk to -A_kk^-1, A_ik to A_ik A_kk^-1, A_ij to A_ij - A_ik A_kk^-1 A_kj.

    `before` and `after` are room for the columns of the step, [size, SIDE].
    """
    pivot = _inverse(tiles[step][step])
    width = len(pivot)
    others = [row for row in range(len(tiles)) if row != step]
    scratch = threading.local()

    def lines(room: Tile, row: int) -> Tile:
        return room[row * SIDE : row * SIDE + len(tiles[row][0]), :width]

    def divide(row: int) -> None:
        lines(before, row)[:] = tiles[row][step] if row > step else tiles[step][row].T
        np.matmul(lines(before, row), pivot, out=lines(after, row))

    def subtract(cell: tuple[int, int]) -> None:
        row, column = cell
        tile = tiles[row][column]
        if not hasattr(scratch, "room"):
            scratch.room = np.empty((SIDE, SIDE), np.float32)
        product = scratch.room[: tile.shape[0], : tile.shape[1]]
        np.matmul(lines(after, row), lines(before, column).T, out=product)
        tile -= product

    in_threads(divide, others, threads)
    in_threads(subtract, [(i, j) for i in others for j in others if j <= i], threads)
    tiles[step][step][:] = -pivot
    for row in others:
        if row > step:
            tiles[row][step][:] = lines(after, row)
        else:
            tiles[step][row][:] = lines(after, row).T


def _inverse(tile: Tile) -> Tile:
    """The inverse of a positive definite tile, computed in float64, exactly symmetric."""
    root = np.linalg.cholesky(tile.astype(np.float64))
    half = np.linalg.inv(root)
    return (half.T @ half).astype(np.float32)


def lines(tiles: Tiles, row: int) -> Tile:
    """All columns of one row of tiles: float32 [rows of a tile, size]."""
    left = tiles[row]
    below = [tiles[other][row].T for other in range(row + 1, len(tiles))]
    return np.concatenate([*left, *below], axis=1)
