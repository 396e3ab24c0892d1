"""Between ids and rows: interaction tables as sparse matrices."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

Ids = pl.Series
Matrix = sparse.csr_array


def ignore(line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Training:
    """What a model learns from: interactions by row numbers of sorted ids.

    Users and items are numbered in the order of their ids, so that equal data gives equal
    numbers whatever the order of the rows.
    """

    users: Ids
    items: Ids
    rows: npt.NDArray[np.int32]  # [interactions] row number of the user
    columns: npt.NDArray[np.int32]  # [interactions] row number of the item
    weights: npt.NDArray[np.float32]  # [interactions]
    timestamps: npt.NDArray[np.int64] | None = None  # [interactions] microseconds, UTC
    segments: pl.Series | None = None  # [users] label of each user
    threads: int = 1
    report: Callable[[str], None] = ignore

    @cached_property
    def matrix(self) -> Matrix:
        """Weights of repeated pairs summed: float32 [users, items], sorted indices."""
        return matrix(self.rows, self.columns, self.weights, (len(self.users), len(self.items)))


def matrix(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    shape: tuple[int, int],
) -> Matrix:
    """Compressed rows of float32, repeated cells summed in float64, indices sorted.

    >>> matrix(np.array([0, 0]), np.array([1, 1]), np.array([1, 2]), (1, 2)).toarray()
    array([[0., 3.]], dtype=float32)
    """
    order = np.lexsort((weights, columns, rows))
    wide = weights[order].astype(np.float64)
    cells = sparse.coo_array((wide, (rows[order], columns[order])), shape=shape)
    compressed = sparse.csr_array(cells)
    compressed.sum_duplicates()
    return sparse.csr_array(
        (
            compressed.data.astype(np.float32),
            compressed.indices.astype(np.int32),
            compressed.indptr.astype(np.int64),
        ),
        shape=shape,
    )


def sorted_ids(values: pl.Series) -> Ids:
    """Distinct ids in ascending order: the numbering of a table."""
    return values.unique().sort()


def numbers(values: pl.Series, ids: Ids) -> npt.NDArray[np.int32]:
    """Row number of each value among sorted ids, -1 where it is not one of them.

    >>> numbers(pl.Series(["b", "x", "a"]), pl.Series(["a", "b"])).tolist()
    [1, -1, 0]
    """
    left = pl.DataFrame({"id": values})
    right = pl.DataFrame({"id": ids}).with_row_index("row")
    joined = left.join(right, on="id", how="left", maintain_order="left")
    return joined["row"].cast(pl.Int32).fill_null(-1).to_numpy()


def training(
    interactions: pl.DataFrame,
    *,
    segments: pl.DataFrame | None = None,
    threads: int = 1,
    report: Callable[[str], None] = ignore,
) -> Training:
    """Number the ids of an INTERACTIONS frame.

    `segments` is a frame of `user_id` and one label column; users without one get null.
    """
    users = sorted_ids(interactions["user_id"])
    items = sorted_ids(interactions["item_id"])
    count = interactions.height
    has_weight = "weight" in interactions.columns
    labels = None
    if segments is not None:
        known = pl.DataFrame({"user_id": users})
        segments = segments.unique("user_id", keep="first", maintain_order=True)
        labels = known.join(segments, on="user_id", how="left", maintain_order="left").to_series(1)
    return Training(
        users=users,
        items=items,
        rows=numbers(interactions["user_id"], users),
        columns=numbers(interactions["item_id"], items),
        weights=(
            interactions["weight"].cast(pl.Float32).to_numpy()
            if has_weight
            else np.ones(count, np.float32)
        ),
        timestamps=(
            interactions["timestamp"].dt.epoch("us").to_numpy()
            if "timestamp" in interactions.columns
            else None
        ),
        segments=labels,
        threads=threads,
        report=report,
    )
