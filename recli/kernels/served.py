"""What serving is told of a block's users, what it may offer, and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.matrix import Matrix
from recli.kernels.shapes import Vectors
from recli.kernels.topk import Csr

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]
# Queries [users, factors] and k to item numbers [users, k], -1 where there are none; None where
# the index failed and the search must be exact.
Search = Callable[[Vectors, int], Columns | None]
# What filters leave of the catalogue when an index is asked: with less it is exact search that is
# fast, and an index that finds less than it said, as most of what it offers is filtered away.
LEAST_SHARE = 0.25
# Exact search takes time by the share that is left, an index by its inverse, to offer enough. The
# two break even (measured with ivf at 200,000 items) where share^2 x items is so many times k.
LEAST_WORK = 500


# How a user came to a list: by what was learned of her, or of everybody; from her history as it
# is now; from what else is known of her; or as anybody of whom nothing is known.
STATUS = ("known", "folded", "cold", "fallback")
KNOWN, FOLDED, COLD, FALLBACK = range(4)


@dataclass(frozen=True)
class Profile:
    """What is known of the users of a block."""

    history: Matrix  # [users, items]
    vectors: Vectors | None  # [users, factors], NaN where nothing is known but the history
    labels: Columns  # [users] number of the segment of each, -1 for none
    users: pl.Series  # [users] ids


@dataclass(frozen=True)
class Limits:
    """What may be offered, and how it is searched."""

    k: int
    barred: Matrix  # [users, items] that must not be offered
    only: Mask | None = None  # [items] that may be offered
    threads: int = 1
    search: Search | None = None  # an index; exact search where there is none

    @property
    def asks_index(self) -> bool:
        """Whether there is an index, and filters leave enough to make it worth asking."""
        if self.search is None or self.only is None:
            return self.search is not None
        share = float(self.only.mean()) if len(self.only) else 0.0
        return share >= LEAST_SHARE and share**2 * len(self.only) >= LEAST_WORK * self.k

    def barred_of(self, rows: npt.NDArray[np.int64] | None = None) -> Csr:
        """Starts int64 and sorted columns int32 of what is barred, of some users or all."""
        barred = self.barred if rows is None else self.barred[rows]
        return barred.indptr.astype(np.int64), barred.indices.astype(np.int32)


@dataclass(frozen=True)
class Served:
    """Lists padded with -1 and -inf, and how each user came to one."""

    columns: Columns  # [users, k]
    scores: Scores  # [users, k]
    status: Codes  # [users] number in STATUS
    failed: bool = False  # the index gave no answer, and the search was exact


def of_history(columns: Columns, scores: Scores) -> Served:
    """Lists by history, and whose history says nothing."""
    # A history whose neighbours were all seen or barred says as little as none.
    nothing = (columns[:, :1] < 0).all(axis=1)
    return Served(columns, scores, np.where(nothing, FALLBACK, FOLDED).astype(np.int8))
