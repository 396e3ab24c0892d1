"""What a model is told of the users of a block: history, vectors, segments, what is barred."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.kernels.matrix import Matrix, history, matrix, numbers, weights_of
from recli.kernels.served import Profile
from recli.kernels.shapes import Factors, Segments, Vectors
from recli.stages.retrieve_items import NewItems
from recli.stages.retrieve_seeds import with_seeds
from recli.store.model import Model, vectors_of

Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
_NONE = np.zeros(0, np.int32)


@dataclass(frozen=True)
class People:
    """The users of a block, one row each, beside what the block holds of them."""

    model: Model
    block: Block
    rows: pl.DataFrame  # one row a user, with the columns of the table that asked for them

    new: NewItems | None = None

    @property
    def ids(self) -> pl.Series:
        """Their ids."""
        return self.rows["user_id"]

    @property
    def items(self) -> pl.Series:
        """The items that may be offered, in the order of their numbers."""
        return self.model.items if self.new is None else self.new.ids

    def profile(self, *, mean_vectors: bool) -> Profile:
        """What the model is to know; `mean_vectors` for those of whom only a segment is known."""
        segments, vectors = self.model.segments, self._vectors
        if mean_vectors and vectors is not None and segments is not None:
            vectors = np.where(self.bare[:, None], _means(self._labels, segments), vectors)
        return Profile(self.history, vectors, self._labels, self.ids)

    @cached_property
    def bare(self) -> Mask:
        """Users of whom the model knows nothing but, maybe, their segment [users]."""
        vectors = self._vectors
        known = np.diff(self.history.indptr) > 0
        if vectors is not None:
            known |= np.isfinite(vectors).all(axis=1)
        return np.logical_not(known)

    @cached_property
    def history(self) -> Matrix:
        """What their interactions and answers weigh to the model, float32 [users, known items]."""
        rows, reading = self.block.get("history"), self.model.reading
        if "seeds" in self.block:
            rows = with_seeds(rows, self.block["seeds"], reading)
        shape = (self.rows.height, len(self.items))
        if rows is None:
            shape = (self.rows.height, len(self.model.items))
            return matrix(_NONE, _NONE, np.zeros(0, np.float32), shape)
        own = history(*self._cells(rows), weights_of(rows, reading), shape, reading)
        return own if self.new is None else self.new.extension.histories(own, reading)

    def barred(self, *roles: str) -> Matrix:
        """Which of the model's items each user has in the tables of some roles [users, items]."""
        cells = [self._cells(self.block[role]) for role in roles if role in self.block]
        lines = np.concatenate([_NONE, *(part[0] for part in cells)])
        columns = np.concatenate([_NONE, *(part[1] for part in cells)])
        known = (lines >= 0) & (columns >= 0)
        ones = np.ones(int(known.sum()), np.float32)
        shape = (self.rows.height, len(self.items))
        return matrix(lines[known], columns[known], ones, shape)

    def _cells(self, rows: pl.DataFrame) -> tuple[Numbers, Numbers]:
        return numbers(rows["user_id"], self.ids), numbers(rows["item_id"], self.items)

    @cached_property
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

    @cached_property
    def _labels(self) -> Numbers:
        """The segment of each user, -1 where it is not known."""
        segments = self.model.segments
        if segments is None or segments.column not in self.rows.columns:
            return np.full(self.rows.height, -1, np.int32)
        labels = self.rows[segments.column].cast(pl.String)
        return numbers(labels, pl.Series(segments.labels, dtype=pl.String))


def _means(labels: Numbers, segments: Segments) -> Vectors:
    """The mean vector of each user's segment [users, factors], NaN where there is none."""
    if segments.vectors is None or not len(segments.vectors):
        return np.full((len(labels), 1), np.nan, np.float32)
    return np.where(labels[:, None] < 0, np.float32(np.nan), segments.vectors[labels])
