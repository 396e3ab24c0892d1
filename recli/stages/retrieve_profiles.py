"""What a model is told of the users of a block: history, vectors, segments, what is barred."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.kernels.matrix import Matrix, history, matrix, numbers, weights_of
from recli.kernels.serving import Profile
from recli.kernels.shapes import Factors, Segments, Vectors
from recli.store.model import Model, vectors_of

Numbers = npt.NDArray[np.int32]
_NONE = np.zeros(0, np.int32)


@dataclass(frozen=True)
class People:
    """The users of a block, one row each, beside what the block holds of them."""

    model: Model
    block: Block
    rows: pl.DataFrame  # one row a user, with the columns of the table that asked for them

    @property
    def ids(self) -> pl.Series:
        """Their ids."""
        return self.rows["user_id"]

    def profile(self, *, mean_vectors: bool) -> Profile:
        """What the model is to know; `mean_vectors` for those of whom only a segment is known."""
        past = self.history()
        labels = self._labels()
        vectors = self._vectors()
        segments = self.model.segments
        if mean_vectors and vectors is not None and segments is not None:
            bare = np.isnan(vectors).any(axis=1) & (np.diff(past.indptr) == 0)
            vectors = _with_means(vectors, bare, labels, segments)
        return Profile(past, vectors, labels)

    def history(self) -> Matrix:
        """What their interactions weigh to the model, float32 [users, items]."""
        shape = (self.rows.height, len(self.model.items))
        if "history" not in self.block:
            return matrix(_NONE, _NONE, np.zeros(0, np.float32), shape)
        rows, reading = self.block["history"], self.model.reading
        return history(*self._cells(rows), weights_of(rows, reading), shape, reading)

    def barred(self, *roles: str) -> Matrix:
        """Which of the model's items each user has in the tables of some roles [users, items]."""
        cells = [self._cells(self.block[role]) for role in roles if role in self.block]
        lines = np.concatenate([_NONE, *(part[0] for part in cells)])
        columns = np.concatenate([_NONE, *(part[1] for part in cells)])
        known = (lines >= 0) & (columns >= 0)
        ones = np.ones(int(known.sum()), np.float32)
        shape = (self.rows.height, len(self.model.items))
        return matrix(lines[known], columns[known], ones, shape)

    def _cells(self, rows: pl.DataFrame) -> tuple[Numbers, Numbers]:
        return numbers(rows["user_id"], self.ids), numbers(rows["item_id"], self.model.items)

    def _vectors(self) -> Vectors | None:
        """Vectors as trained, NaN where training never saw the user."""
        shape = self.model.shape
        if not isinstance(shape, Factors):
            return None
        vectors = np.full((self.rows.height, shape.items.shape[1]), np.nan, np.float32)
        known = self.block.get("vectors")
        if known is not None and known.height:
            vectors[numbers(known["user_id"], self.ids)] = vectors_of(known)
        return vectors

    def _labels(self) -> Numbers:
        """The segment of each user, -1 where it is not known."""
        segments = self.model.segments
        if segments is None or segments.column not in self.rows.columns:
            return np.full(self.rows.height, -1, np.int32)
        labels = self.rows[segments.column].cast(pl.String)
        return numbers(labels, pl.Series(segments.labels, dtype=pl.String))


def _with_means(
    vectors: Vectors, bare: npt.NDArray[np.bool_], labels: Numbers, segments: Segments
) -> Vectors:
    """Vectors in which those who are bare have the mean of their segment."""
    if segments.vectors is None:
        return vectors
    known = bare & (labels >= 0)
    return np.where(known[:, None], segments.vectors[np.maximum(labels, 0)], vectors)
