"""Between ids and rows: interaction tables as sparse matrices."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import sparse

from recli.errors import RecliError

Ids = pl.Series
Matrix = sparse.csr_array
DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True)
class Reading:
    """How a model weighs the interactions of a history, in training and whenever it serves."""

    column: Literal["weight", "rating"] = "weight"
    half_life_days: float | None = None  # each interaction halves at this age beside her last one


WEIGHTS = Reading()


@dataclass(frozen=True)
class Labels:
    """The segment of each user: a row of `names`, -1 where none is known."""

    column: str
    names: tuple[str, ...]
    codes: npt.NDArray[np.int32]  # [users]


def ignore(line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Training:
    """What a model learns from: interactions by row numbers of sorted ids.

    Users and items are numbered in the order of their ids, so that equal data gives equal
    numbers whatever the order of the rows. With a catalogue, its items are there as well.
    """

    users: Ids
    items: Ids
    rows: npt.NDArray[np.int32]  # [interactions] row number of the user
    columns: npt.NDArray[np.int32]  # [interactions] row number of the item
    weights: npt.NDArray[np.float32]  # [interactions] as the model reads them
    timestamps: npt.NDArray[np.int64] | None = None  # [interactions] microseconds, UTC
    reading: Reading = WEIGHTS
    labels: Labels | None = None  # of the users
    catalogue: pl.DataFrame | None = None  # [items] what else is known of them, null if nothing
    threads: int = 1
    report: Callable[[str], None] = ignore

    @cached_property
    def matrix(self) -> Matrix:
        """Weights of repeated pairs summed: float32 [users, items], sorted indices.

        Of ratings it is the mean; of each user's, where there is a half-life, by their age.
        """
        shape = (len(self.users), len(self.items))
        return history(self.rows, self.columns, self.weights, shape, self.reading)


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


def check_positive(cells: Matrix, model: str) -> None:
    """Raise RecliError (data) where a pair weighs something not positive and finite."""
    wrong = np.count_nonzero(~((cells.data > 0) & np.isfinite(cells.data)))
    if wrong:
        raise RecliError(
            f"{model}: {wrong} pairs of user and item weigh something not positive and finite",
            "filter them on ingest",
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


def history(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    shape: tuple[int, int],
    reading: Reading = WEIGHTS,
) -> Matrix:
    """What each user's interactions weigh, float32 [users, items]; of ratings, their means.

    Rows with a negative number or without a rating that is read are left out.
    """
    used = (rows >= 0) & (columns >= 0)
    if reading.column == "rating":
        used &= ~np.isnan(weights)
    rows, columns, weights = rows[used], columns[used], weights[used]
    whole = matrix(rows, columns, weights, shape)
    if reading.column == "weight":
        return whole
    counts = matrix(rows, columns, np.ones_like(weights), shape)
    return sparse.csr_array((whole.data / counts.data, whole.indices, whole.indptr), shape=shape)


def weights_of(rows: pl.DataFrame, reading: Reading) -> npt.NDArray[np.float32]:
    """What each row of a user's interactions weighs, float32 [rows]; 1 where nothing says.

    NaN where a rating is read and there is none. Ages count from the user's last interaction
    among these rows.
    """
    weight = pl.col(reading.column) if reading.column in rows.columns else pl.lit(1.0)
    if reading.half_life_days is not None:
        last = pl.col("timestamp").max().over("user_id")
        days = (last - pl.col("timestamp")).dt.total_microseconds() / DAY
        weight = weight * (0.5 ** (days / reading.half_life_days))
    found = rows.select(user_id="user_id", weight=weight.cast(pl.Float32))["weight"]
    weights: npt.NDArray[np.float32] = found.to_numpy()
    return weights


def training(
    interactions: pl.DataFrame,
    *,
    reading: Reading = WEIGHTS,
    labels: pl.DataFrame | None = None,
    catalogue: pl.DataFrame | None = None,
    threads: int = 1,
    report: Callable[[str], None] = ignore,
) -> Training:
    """Number the ids of an INTERACTIONS frame, and of an ITEMS frame where there is one.

    `labels` is a frame of `user_id` and one column of text. Rows without the rating that a
    model reads are left out.
    """
    if reading.column == "rating":
        interactions = interactions.filter(pl.col("rating").is_not_null())
    users = sorted_ids(interactions["user_id"])
    items = sorted_ids(interactions["item_id"])
    if catalogue is not None:
        items = sorted_ids(pl.concat([items, catalogue["item_id"]]))
        catalogue = joined(items, "item_id", catalogue)
    return Training(
        users=users,
        items=items,
        rows=numbers(interactions["user_id"], users),
        columns=numbers(interactions["item_id"], items),
        weights=weights_of(interactions, reading),
        timestamps=(
            interactions["timestamp"].dt.epoch("us").to_numpy()
            if "timestamp" in interactions.columns
            else None
        ),
        reading=reading,
        labels=None if labels is None else labelled(users, labels),
        catalogue=catalogue,
        threads=threads,
        report=report,
    )


def joined(ids: Ids, name: str, table: pl.DataFrame) -> pl.DataFrame:
    """The first row of a table for each id, in the order of the ids; nulls where it has none."""
    first = table.unique(name, keep="first", maintain_order=True)
    return pl.DataFrame({name: ids}).join(first, on=name, how="left", maintain_order="left")


def labelled(users: Ids, table: pl.DataFrame) -> Labels:
    """The labels of users from a frame of `user_id` and one column."""
    column = next(name for name in table.columns if name != "user_id")
    own = joined(users, "user_id", table)[column].cast(pl.String)
    names = own.drop_nulls().unique().sort()
    return Labels(column, tuple(names.to_list()), numbers(own, names))
