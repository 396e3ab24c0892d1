"""The linear map from what was learned of known items to all items, new ones among them.

B [all items, known items] has for a known item its own row of the identity, and for a new one the
weights, which add up to 1, of the known ones that it is like.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse

from recli.errors import RecliError
from recli.kernels.matrix import Matrix, Reading

Numbers = npt.NDArray[np.int32]
Value = TypeVar("Value", np.float32, np.float64)
_RUN = 8192  # rows whose sums are held in float64 at a time
MOST_CELLS = 1 << 28  # of item-item weights that new items may add: 2 GiB


@dataclass(frozen=True)
class Extension:
    """The map B, its rows of new items as a product of two: `groups` `members`.

    A group is a value that items share, or one known item; it keeps B small where many new items
    share a value with many known ones.
    """

    known: Numbers  # [known items] number of each among all items, ascending
    new: Numbers  # [new items] number of each among all items, ascending
    groups: Matrix  # float64 [new items, groups], rows add up to 1
    members: Matrix  # float64 [groups, known items], rows add up to 1

    @property
    def count(self) -> int:
        """How many items there are in all."""
        return len(self.known) + len(self.new)

    @cached_property
    def is_new(self) -> npt.NDArray[np.bool_]:
        """Mask [all items] of the new ones."""
        mask = np.zeros(self.count, np.bool_)
        mask[self.new] = True
        return mask

    def spread(self, known: npt.NDArray[Value]) -> npt.NDArray[Value]:
        """Values [known items, ...] at their places among all items; new ones have 0."""
        wide = np.zeros((self.count, *known.shape[1:]), known.dtype)
        wide[self.known] = known
        return wide

    def rows(self, known: npt.NDArray[Value]) -> npt.NDArray[Value]:
        """B times an array [known items, any], summed in float64."""
        wide = self.spread(known)
        wide[self.new] = self.groups @ (self.members @ known.astype(np.float64))
        return wide

    def sparse_rows(self, known: Matrix) -> Matrix:
        """B times a sparse matrix [known items, any]."""
        new = self.groups @ (self.members @ known.astype(np.float64))
        both = sparse.vstack([known, new.astype(known.dtype)], format="csr")
        return ordered(both[np.argsort(np.concatenate([self.known, self.new]))])

    def columns(self, known: Matrix) -> Matrix:
        """A sparse matrix [any, known items] times B^T.

        Raises RecliError where new items would add more than MOST_CELLS cells.
        """
        grouped = sparse.csr_array(known.astype(np.float64) @ self.members.T)
        self._check_size(grouped)
        runs = [slice(at, at + _RUN) for at in range(0, max(known.shape[0], 1), _RUN)]
        parts = [self._widened(known[run], grouped[run]) for run in runs]
        return ordered(sparse.csr_array(sparse.vstack(parts, format="csr")))

    def _widened(self, known: Matrix, grouped: Matrix) -> Matrix:
        """Rows of known items and of groups as rows of all items."""
        new = (grouped @ self.groups.T).astype(known.dtype)
        both = sparse.hstack([known, new], format="csr")
        places = np.concatenate([self.known, self.new])
        cells = (both.data, places[both.indices], both.indptr)
        return ordered(sparse.csr_array(cells, shape=(known.shape[0], self.count)))

    def _check_size(self, grouped: Matrix) -> None:
        sizes = np.diff(sparse.csc_array(self.groups).indptr).astype(np.float64)
        pattern = sparse.csr_array(
            (np.ones(grouped.nnz), grouped.indices, grouped.indptr), shape=grouped.shape
        )
        cells = float(np.asarray(pattern @ sizes).clip(max=len(self.new)).sum())
        if cells > MOST_CELLS:
            raise RecliError(
                f"the weights of {len(self.new):,} new items would take up to "
                f"{cells * 8 / 2**30:,.0f} GiB",
                "offer fewer at a time, choose a column of rarer values, or serve a model of "
                "factors",
            )

    def histories(self, history: Matrix, reading: Reading) -> Matrix:
        """Histories [users, all items] as histories of known items, h B.

        A new item counts as those it is like, in parts. Its rating says nothing of theirs.
        """
        own = sparse.csr_array(history[:, self.known])
        if reading.column == "rating" or not len(self.new):
            return ordered(own)
        new = sparse.csr_array(history[:, self.new]).astype(np.float64)
        parts = (new @ self.groups) @ self.members
        return ordered(own if not parts.nnz else (own + parts).astype(np.float32))


def ordered(matrix: sparse.csr_array) -> Matrix:
    """The same matrix with indices int32 in ascending order."""
    matrix.sort_indices()
    cells = (matrix.data, matrix.indices.astype(np.int32), matrix.indptr.astype(np.int64))
    return sparse.csr_array(cells, shape=matrix.shape)
