"""Items that a model takes to be like an item: one way a shape, none a model."""

from collections.abc import Callable
from functools import singledispatch

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.errors import RecliError
from recli.kernels import neighbours, topk
from recli.kernels.matrix import Matrix
from recli.kernels.served import Limits, Profile
from recli.kernels.serving import best
from recli.kernels.shapes import (
    Factors,
    ItemScores,
    ItemWeights,
    RandomScores,
    RatingFoldIn,
    UserNeighbours,
    Vectors,
)

Columns = npt.NDArray[np.int32]
Scores = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
# Numbers of some items [rows], how many are wanted, which may be offered [items] (None: all) and
# threads, to columns and scores [rows, k], -1 and -inf where there are no more. No item is like
# itself, and what scores 0 or less is not like it.
Find = Callable[[Numbers, int, Mask | None, int], tuple[Columns, Scores]]


@singledispatch
def finder(shape: object, items: int) -> Find:
    """How similar items are found among so many; made once, called for block after block.

    Whatever has no notion of its own offers what it would to a history of that item alone.

    Raises RecliError where a shape knows nothing of likeness.
    """

    def find(rows: Numbers, k: int, only: Mask | None, threads: int) -> tuple[Columns, Scores]:
        alone = one_each(rows, items)
        nobody = np.full(len(rows), -1, np.int32)
        users = pl.Series(rows).cast(pl.String)
        profile = Profile(history=alone, vectors=None, labels=nobody, users=users)
        served = best(shape, profile, Limits(k, alone, only, threads))
        return _above_0(served.columns, served.scores)

    return find


@finder.register
def _(shape: Factors, items: int) -> Find:  # noqa: ARG001
    """The cosine of item vectors; a bias says nothing of likeness."""
    biased = isinstance(shape.fold_in, RatingFoldIn)
    directions = unit(shape.items[:, :-2] if biased else shape.items)

    def find(rows: Numbers, k: int, only: Mask | None, threads: int) -> tuple[Columns, Scores]:
        itself = np.arange(len(rows) + 1, dtype=np.int64), rows
        return _above_0(*topk.top_k(directions[rows], directions, k, itself, only, threads))

    return find


@finder.register
def _(shape: ItemWeights, items: int) -> Find:
    """The item's own row."""

    def find(rows: Numbers, k: int, only: Mask | None, threads: int) -> tuple[Columns, Scores]:
        itself = np.arange(len(rows) + 1, dtype=np.int64), rows
        alone = one_each(rows, items)
        return _above_0(*neighbours.score_top_k(alone, shape.weights, k, itself, only, threads))

    return find


@finder.register
def _(shape: UserNeighbours, items: int) -> Find:
    if shape.rated:
        raise RecliError(
            "a model that expects ratings from users' ratings does not say which items are alike",
            "train-item-knn --values rating does",
        )
    return finder.dispatch(object)(shape, items)


@finder.register
def _(shape: ItemScores | RandomScores, items: int) -> Find:  # noqa: ARG001
    raise RecliError(
        f"a model that scores {items:,} items for everybody does not say which are alike",
        "train one that learns from who had what: train-item-knn, train-als",
    )


def one_each(rows: Numbers, items: int) -> Matrix:
    """Histories of one item: 1 in float32 [rows, items]."""
    starts = np.arange(len(rows) + 1, dtype=np.int64)
    return sparse.csr_array((np.ones(len(rows), np.float32), rows, starts), (len(rows), items))


def unit(vectors: Vectors) -> Vectors:
    """The same directions at length 1, float32; NaN for a vector that has none."""
    wide = vectors.astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        directions: Vectors = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(
            np.float32
        )
    return directions


def _above_0(columns: Columns, scores: Scores) -> tuple[Columns, Scores]:
    kept = scores > 0
    return np.where(kept, columns, -1), np.where(kept, scores, -np.inf).astype(np.float32)
