"""Lists of several sources as numbers, side by side for all their users."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels import offers
from recli.kernels.lists import Rows
from recli.kernels.numbering import Numbering
from recli.kernels.offers import Longs, Offers


@dataclass(frozen=True)
class Laid:
    """The offers of a block, and what its numbers stand for."""

    users: pl.Series  # [users]
    items: pl.Series  # [item numbers], rising
    numbers: npt.NDArray[np.int32]  # [rows] item of each row
    offers: Offers
    truth: Rows  # what the users turned out to want, or nothing


def laid_out(
    frames: list[pl.DataFrame],
    history: pl.DataFrame | None = None,
    truth: pl.DataFrame | None = None,
) -> Laid:
    """The lists of some sources, sorted by user and rank, side by side for all their users.

    Users of `truth` are among them; those of `history` alone are not.
    """
    truth = frames[0].clear() if truth is None else truth
    every = [*frames, truth]
    users = pl.concat([frame["user_id"].unique() for frame in every]).unique().sort()
    begun = np.cumsum([0, *(frame.height for frame in every)])
    starts = np.array(
        [
            first + np.concatenate([[0], _counts(users, frame).cumsum()])
            for first, frame in zip(begun[:-1], every, strict=True)
        ]
    )
    numbers, items = numbered(pl.concat([frame["item_id"] for frame in every]))
    scores = pl.concat([frame["score"] for frame in frames]).to_numpy()
    lengths = np.zeros(len(users), np.int64) if history is None else _counts(users, history)
    own, wanted = numbers[: begun[-2]], numbers[begun[-2] :]
    found = offers.laid(starts[:-1], own, scores, len(items), lengths)
    return Laid(users, items, own, found, Rows(starts[-1] - begun[-2], wanted))


def numbered(ids: pl.Series) -> tuple[npt.NDArray[np.int32], pl.Series]:
    """The place of each id [ids] among the distinct ones in order, and those."""
    numbering = Numbering(ids.dtype)
    numbers = numbering.of(ids)
    distinct = numbering.ids()
    order = distinct.arg_sort().to_numpy()
    places = np.empty(len(order), np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return places[numbers], distinct.gather(order)


def _counts(users: pl.Series, frame: pl.DataFrame) -> Longs:
    """Rows of each user [users] in a frame sorted by user; others' are not counted."""
    run = frame["user_id"].rle().struct
    names, lengths = run.field("value"), run.field("len").to_numpy()
    counts = np.zeros(len(users), np.int64)
    if len(users):
        at = users.search_sorted(names).to_numpy().clip(max=len(users) - 1).astype(np.int64)
        known = (users.gather(at) == names).to_numpy()
        counts[at[known]] = lengths[known]
    return counts
