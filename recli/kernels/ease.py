"""EASE: item weights in closed form, by an inverse on the smaller side of the log.

With G = X^T X of the log [users, items] and a diagonal L, the weights that minimize

    |X - X B|^2 + sum_ij L_ii B_ij^2   with   diag(B) = 0

are B_ij = -P_ij / P_jj for i != j, P = (G + L)^-1 (Steck, "Embarrassingly shallow autoencoders for
sparse data", WWW 2019, equation 8; L = lambda I there, and L = lambda I + p / (1 - p) diag(G) in
"Autoencoders that don't overfit towards the identity", NeurIPS 2020, equation 7).

With S = L^-1/2 and Z = X S, P = S Q S for Q = (I + Z^T Z)^-1: the inverse of a well-scaled matrix
of items. Where users are fewer, it is found from one of users (Woodbury):

    Q = I - Z^T (I + Z Z^T)^-1 Z
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.kernels import ease_rows, tiles
from recli.kernels.matrix import Matrix
from recli.kernels.neighbours import Columns, Scores, raw
from recli.kernels.threads import in_threads
from recli.kernels.tiles import SIDE, Tile, Tiles

BLOCK = 2 * SIDE  # items whose weights are made at a time
STRIP = 64  # of them in a thread
Part = tuple[Columns, Scores, Columns]  # columns and values of some rows, and how many each has


@dataclass(frozen=True)
class Penalty:
    """What is minimized; `models/ease.py` says what each number does."""

    regularization: float
    dropout: float = 0.0
    item_exponent: float = 0.0
    user_exponent: float = 0.0


@dataclass(frozen=True)
class Inverse:
    """Minus the inverse on one side of the log."""

    tiles: Tiles
    scaled: Matrix  # [users, items] Z
    by_item: Matrix  # [items, users]
    threads: int

    def rows(self, first: int, last: int) -> Tile:
        """Rows of -Q, float32 [last - first, items]; `first` is a multiple of BLOCK."""
        users, items = self.scaled.shape
        if users >= items:
            runs = range(first // SIDE, -(-last // SIDE))
            return np.concatenate([tiles.lines(self.tiles, run) for run in runs])
        spread = self._spread(first, last)  # [block, users] minus rows of Z^T (I + Z Z^T)^-1
        result = np.empty((last - first, items), np.float32)

        def gather(start: int) -> None:
            strip = np.ascontiguousarray(spread[start : start + STRIP].T)
            ease_rows.gather(raw(self.by_item), strip, result[start : start + STRIP])

        in_threads(gather, range(0, last - first, STRIP), self.threads)
        # What was gathered is +(Z^T (I + Z Z^T)^-1 Z) of the block's rows.
        result[np.arange(last - first), np.arange(first, last)] -= np.float32(1)
        return result

    def _spread(self, first: int, last: int) -> Tile:
        block = sparse.csr_array(self.scaled[:, first:last])
        users = block.shape[0]
        parts = [raw(sparse.csr_array(block[at : at + SIDE])) for at in range(0, users, SIDE)]
        result = np.zeros((last - first, users), np.float32)

        def spread(column: int) -> None:
            out = result[:, column * SIDE : (column + 1) * SIDE]
            for row, cells in enumerate(parts):
                if row >= column:
                    ease_rows.spread(cells, self.tiles[row][column], out)
                else:
                    ease_rows.spread(cells, self.tiles[column][row].T, out)

        in_threads(spread, range(len(parts)), self.threads)
        return result


def memory(users: int, items: int, neighbours: int) -> int:
    """Bytes at the highest point for a log of so many users and items, its own cells not."""
    side = min(users, items)
    blocks = 4 * min(BLOCK, items) * (side + items)
    # Weights are columns and values: in pieces, put together, turned into rows.
    return (
        tiles.memory(side)
        + max(blocks, 8 * items * min(neighbours, items))
        + (2 * 8 * items * min(neighbours, items))
    )


def fit(matrix: Matrix, penalty: Penalty, neighbours: int, threads: int = 1) -> Matrix:
    """Weights float32 [items, items], row in the history and column scored, indices sorted.

    `matrix` float32 [users, items]. Of the weights for an item scored, the `neighbours` largest
    magnitudes are kept, of equal ones the lower item. The same bits for any number of threads.
    Raises numpy.linalg.LinAlgError where the equations are singular in float32.
    """
    scaled, scales = _scaled(matrix, penalty)
    inverse = inverted(scaled, threads)
    items = matrix.shape[1]
    parts = [
        _selected(inverse, scales, first, min(first + BLOCK, items), neighbours)
        for first in range(0, items, BLOCK)
    ]
    del inverse
    indices, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    del parts
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    by_scored = sparse.csr_array((values, indices, starts), shape=(items, items))
    weights = sparse.csr_array(by_scored.T)
    weights.sort_indices()
    return weights


def inverted(scaled: Matrix, threads: int = 1) -> Inverse:
    """(I + Z^T Z)^-1 or (I + Z Z^T)^-1, whichever is smaller."""
    by_item = sparse.csr_array(scaled.T)
    by_item.sort_indices()
    users, items = scaled.shape
    found = tiles.gram_plus_one(scaled if users < items else by_item, threads)
    tiles.invert(found, threads)
    return Inverse(found, scaled, by_item, threads)


def _scaled(matrix: Matrix, penalty: Penalty) -> tuple[Matrix, npt.NDArray[np.float64]]:
    """Z = X S float32 [users, items], and the diagonal of S."""
    counts = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
    by_user = np.repeat(counts ** (-0.5 * penalty.user_exponent), np.diff(matrix.indptr))
    cells = matrix.data * by_user
    squares = np.bincount(matrix.indices, cells**2, matrix.shape[1])
    mean = squares.sum() / max(np.count_nonzero(squares), 1)
    relative = np.where(squares > 0, squares / mean, 1.0)
    penalties = penalty.regularization * relative**penalty.item_exponent
    penalties += penalty.dropout / (1 - penalty.dropout) * squares
    scales = penalties**-0.5
    data = (cells * scales[matrix.indices]).astype(np.float32)
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape), scales


def _selected(
    inverse: Inverse, scales: npt.NDArray[np.float64], first: int, last: int, neighbours: int
) -> Part:
    """The weights that score the items first..last."""
    rows = inverse.rows(first, last)
    diagonal = -rows[np.arange(last - first), np.arange(first, last)].astype(np.float64)
    if not (diagonal > 0).all():
        raise np.linalg.LinAlgError("singular in float32")
    factors = 1 / (scales[first:last] * diagonal)  # of -Q_ij s_i
    starts = range(0, last - first, STRIP)
    parts: list[Part] = [None] * len(starts)  # type: ignore[list-item]

    def select(number: int) -> None:
        run = slice(starts[number], starts[number] + STRIP)
        parts[number] = ease_rows.largest(
            rows[run], first + starts[number], scales, factors[run], neighbours
        )

    in_threads(select, range(len(starts)), inverse.threads)
    indices, values, counts = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return indices, values, counts
