"""In which order the rows of a list stand."""

import numpy as np
import polars as pl

from recli.errors import RecliError
from recli.kernels.lists import Starts
from recli.stages.evaluate_like import Order


def ordered(frame: pl.DataFrame, lengths: Starts, where: str, how: Order) -> pl.DataFrame:
    """The rows of a frame sorted by user, of whom each has `lengths`, in the order of the lists.

    By rank, equal ranks by item; without ranks, or where scores are asked for, by falling score,
    then item: as `text`, falling, with scores of single precision. Raises RecliError for a gap.
    """
    names = ("rank", "position", "score") if how == "rank" else ("score",)
    column = next(name for name in names if name in frame.columns)
    if frame[column].null_count():
        raise RecliError(f"{where}: column '{column}' is empty in some rows", "fill every row")
    if how == "text":
        keys = ["user_id", pl.col("score").cast(pl.Float32), pl.col("item_id").cast(pl.String)]
        return frame.sort(keys, descending=[False, True, True])
    if column == "score":
        return frame.sort(["user_id", "score", "item_id"], descending=[False, True, False])
    rising = np.diff(frame[column].to_numpy().astype(np.int64)) > 0
    rising[lengths.cumsum()[:-1] - 1] = True  # between two users
    return frame if rising.all() else frame.sort(["user_id", column, "item_id"])
