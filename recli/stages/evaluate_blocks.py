"""A block of tables as item numbers, user by user in the same order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.lists import Numbers, Rows, Starts, Values
from recli.kernels.numbering import Numbering
from recli.kernels.shown import Log
from recli.stages.evaluate_inputs import LISTS, Choices
from recli.stages.evaluate_logs import log_of
from recli.stages.evaluate_order import ordered
from recli.tables import REWARDS

Weights = npt.NDArray[np.float32]
Each = TypeVar("Each", Numbers, Weights)  # [rows]


@dataclass(frozen=True)
class Laid:
    """Everybody of a block who has a list or is in truth, with their rows of each table."""

    ids: pl.Series  # [users]
    lists: dict[str, Rows]
    truth: Rows
    gains: Values  # [rows of truth] 0 where not relevant
    history: Rows
    scores: dict[str, Values]  # [rows of lists] where they have any
    ratings: Values  # [rows of truth] NaN where there is none
    frames: Mapping[str, pl.DataFrame]  # the rows of truth in the order that they have here
    logs: dict[str, Log] = field(default_factory=dict)  # of those that say what was clicked
    weights: Weights | None = None  # [rows of history]


def laid(
    frames: Mapping[str, pl.DataFrame], names: list[str], numbering: Numbering, choices: Choices
) -> Laid:
    """The frames `truth`, `history`, `users` and the lists of `names`, for their users."""
    runs = {role: _runs(frame) for role, frame in frames.items()}
    users = (
        pl.concat([runs[role][0] for role in [*(LISTS + name for name in names), "truth"]])
        .unique()
        .sort()
    )
    lists, scores, placed = {}, {}, {}
    for name in names:
        run = runs[LISTS + name]
        placed[name] = ordered(frames[LISTS + name], run[1], name, choices.like.order)
        lists[name] = _rows(users, run, numbering.of(placed[name]["item_id"]))
        if "score" in placed[name].columns:
            scores[name] = placed[name]["score"].cast(pl.Float64).to_numpy()
    truth = frames["truth"]
    wanted = _rows(users, runs["truth"], numbering.of(truth["item_id"]))
    logs = {
        name: log_of(rows, lists[name], wanted, truth, name)
        for name, rows in placed.items()
        if {*REWARDS} & {*rows.columns}
    }
    history, weights = Rows(np.zeros(len(users) + 1, np.int64), np.zeros(0, np.int32)), None
    if "history" in frames:
        past = frames["history"]
        history = _rows(users, runs["history"], numbering.of(past["item_id"]))
        weights = _kept(users, runs["history"], weights_of(past))
    return Laid(
        users,
        lists,
        wanted,
        gains_of(truth, choices),
        history,
        scores,
        _ratings(truth),
        frames,
        logs,
        weights,
    )


def weights_of(history: pl.DataFrame) -> Weights:
    """What each interaction weighs [rows], 1 where nothing says."""
    if "weight" not in history.columns:
        return np.ones(history.height, np.float32)
    weights: Weights = history["weight"].fill_null(1.0).to_numpy()
    return weights


def gains_of(truth: pl.DataFrame, choices: Choices) -> Values:
    """What each row of truth is worth [rows]: 1 or its rating, 0 where it is not relevant."""
    worth = np.ones(truth.height)
    if not choices.graded and choices.min_relevance is None:
        return worth
    rating = _ratings(truth)
    if choices.graded:
        worth = np.nan_to_num(rating)
    least = -np.inf if choices.min_relevance is None else choices.min_relevance
    return np.where(rating >= least, worth, 0.0)


def _ratings(truth: pl.DataFrame) -> Values:
    """The rating of each row [rows], NaN where there is none."""
    if "rating" not in truth.columns:
        return np.full(truth.height, np.nan)
    ratings: Values = truth["rating"].cast(pl.Float64).to_numpy()
    return ratings


def _runs(frame: pl.DataFrame) -> tuple[pl.Series, Starts]:
    """The users of a sorted frame and how many rows each has."""
    runs = frame["user_id"].rle().struct
    return runs.field("value"), runs.field("len").to_numpy().astype(np.int64)


def _rows(users: pl.Series, runs: tuple[pl.Series, Starts], numbers: Numbers) -> Rows:
    """The rows of `users`; those of others are dropped."""
    names, lengths = runs
    at = users.search_sorted(names).to_numpy().astype(np.int64)
    known = _equal(users, names, at)
    counts = np.zeros(len(users), np.int64)
    counts[at[known]] = lengths[known]
    return Rows(np.concatenate([[0], counts.cumsum()]), _kept(users, runs, numbers))


def _kept(users: pl.Series, runs: tuple[pl.Series, Starts], values: Each) -> Each:
    """The values of the rows of `users`."""
    names, lengths = runs
    known = _equal(users, names, users.search_sorted(names).to_numpy().astype(np.int64))
    return values if known.all() else values[np.repeat(known, lengths)]


def _equal(users: pl.Series, names: pl.Series, at: Starts) -> npt.NDArray[np.bool_]:
    """Whether each name is the user at its place."""
    if users.is_empty():
        return np.zeros(len(names), np.bool_)
    return (users.gather(at.clip(max=len(users) - 1)) == names).to_numpy()


def laid_beside(
    users: pl.Series, frame: pl.DataFrame, values: npt.NDArray[Any]
) -> tuple[Starts, npt.NDArray[Any]]:
    """Values [rows] of a frame for `users`: where those of each begin, and the values."""
    found = _rows(users, _runs(frame), values)
    return found.starts, found.items
