"""What re-ranking rules share: lists, and what a rule may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.matrix import numbers
from recli.kernels.moments import moment

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Lists = tuple[Longs, npt.NDArray[np.int32]]  # starts [rows + 1], codes of each row, sorted


@dataclass(frozen=True)
class Context:
    """What surrounds the lists: the schemas a rule may ask for, and a model's vectors."""

    columns: frozenset[str]  # of candidates, items and users (as `user.NAME`) together
    vectors: tuple[pl.Series, Floats] | None = None  # item ids, [items, factors]
    newest: Mapping[str, Any] = field(default_factory=dict)  # latest of each column of times

    def need(self, *names: str) -> None:
        """Raise RecliError that names each column that is nowhere to be found."""
        missing = sorted(set(names) - self.columns)
        if missing:
            raise RecliError(
                f"no column {', '.join(map(repr, missing))} in candidates, --items or --users",
                f"there are {', '.join(sorted(self.columns))}",
            )


@dataclass(frozen=True)
class Reordered:
    """The rows that a rule keeps, by number and in their new order, user after user."""

    rows: Longs
    scores: Floats | None = None  # of the kept rows, where the rule changes them
    notes: dict[str, int] = field(default_factory=dict)


def starts_of(users: pl.Series) -> Longs:
    """Where each user's run of rows begins, and the end: [users + 1]."""
    lengths = users.rle().struct.field("len").to_numpy()
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def codes_of(values: pl.Series) -> Lists:
    """Categories of each row as sorted codes; a plain value is a list of one, null is none."""
    rows = np.arange(len(values))
    if values.dtype.is_nested():
        lists = values.cast(pl.List(pl.String))
        rows = np.repeat(rows, lists.list.len().fill_null(0).to_numpy())
        flat = lists.list.explode(keep_nulls=False, empty_as_null=False)
    else:
        flat = values.cast(pl.String)
    rows, flat = rows[flat.is_not_null().to_numpy()], flat.drop_nulls()
    names = flat.unique().sort()
    codes = flat.cast(pl.Enum(names)).to_physical().to_numpy()
    pairs = np.sort(rows * len(names) + codes)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # a list may name a category twice
    counts = np.bincount(pairs // max(len(names), 1), minlength=len(values))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts, (pairs % max(len(names), 1)).astype(np.int32)


def no_codes(rows: int) -> Lists:
    """No category for any row."""
    return np.zeros(rows + 1, np.int64), np.zeros(0, np.int32)


def scaled(scores: Floats, starts: Longs) -> npt.NDArray[np.float64]:
    """Scores [rows] brought to 0..1 within each list; all 1 where they are equal."""
    if not len(scores):
        return scores.astype(np.float64)
    lengths = np.diff(starts)
    least = np.repeat(np.minimum.reduceat(scores, starts[:-1]), lengths).astype(np.float64)
    most = np.repeat(np.maximum.reduceat(scores, starts[:-1]), lengths).astype(np.float64)
    spread = most - least
    return np.where(spread > 0, (scores - least) / np.where(spread > 0, spread, 1), 1.0)


def unit_vectors(wanted: pl.Series, items: pl.Series, vectors: Floats) -> Floats:
    """The vector of each item [rows, factors] at length 1; 0 for items without one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.where(lengths > 0, vectors / np.where(lengths > 0, lengths, 1), 0)
    unit = np.vstack([unit, np.zeros((1, vectors.shape[1]))]).astype(np.float32)
    return np.ascontiguousarray(unit[numbers(wanted, items)])


def days_before(dates: pl.Series, now: Any) -> npt.NDArray[np.float64]:
    """Age of each date in days, 0 for the future and NaN where there is no date.

    `now` is a date, a time, or text of one. Raises RecliError where either is no time.
    """
    if not dates.dtype.is_temporal():
        raise RecliError(f"column '{dates.name}' is {dates.dtype}, not a date", "give --date")
    if isinstance(now, str):
        now = moment("--now", now).astimezone(UTC).replace(tzinfo=None)
    if now is None:
        return np.full(len(dates), np.nan)
    moments = pl.Series([now]).cast(pl.Datetime("us")).to_physical()[0]
    naive = dates.cast(pl.Datetime("us", getattr(dates.dtype, "time_zone", None)))
    age = (moments - naive.to_physical()).cast(pl.Float64) / 86_400_000_000
    days: npt.NDArray[np.float64] = age.clip(lower_bound=0).fill_null(np.nan).to_numpy()
    return days


def ordered(rows: pl.DataFrame, scores: npt.NDArray[np.floating[Any]]) -> Longs:
    """Row numbers user by user, by falling score, equal ones by item id."""
    keyed = pl.DataFrame(
        {
            "user": rows["user_id"].rle_id(),
            "score": scores,
            "item": rows["item_id"],
            "row": np.arange(rows.height),
        }
    )
    order = keyed.sort(["user", "score", "item"], descending=[False, True, False])["row"]
    return order.to_numpy().astype(np.int64)
