"""What re-ranking rules share: lists, and what a rule may read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels.catalogue import Catalogue
from recli.kernels.matrix import numbers
from recli.kernels.moments import moment
from recli.kernels.places import Demand

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Lists = tuple[Longs, npt.NDArray[np.int32]]  # starts [rows + 1], codes of each row, sorted


@dataclass(frozen=True)
class Context:
    """What surrounds the lists: which columns a rule may ask for, and what else it may read."""

    columns: Mapping[str, pl.DataType]  # of candidates, items and users (as `user.NAME`) together
    given: frozenset[str] = frozenset()  # roles of the tables beside the candidates
    vectors: tuple[pl.Series, Floats] | None = None  # item ids, unit vectors [items + 1, factors]
    newest: Mapping[str, Any] = field(default_factory=dict)  # latest of each column of times
    popularity: tuple[pl.Series, Longs] | None = None  # item ids, interactions of each
    history: pl.DataFrame | None = None  # what the users of the block did, with what rules need
    pairs: pl.DataFrame | None = None  # of the users of the block
    items: Catalogue | None = None
    held: Demand | None = None  # of the rules of earlier steps, for one that keeps to them itself
    own: frozenset[str] = frozenset()  # columns of the rows, which hide those of items
    threads: int = 1

    def need(self, *names: str) -> None:
        """Raise RecliError that names each column that is nowhere to be found."""
        missing = sorted(set(names) - set(self.columns))
        if missing:
            raise RecliError(
                f"no column {', '.join(map(repr, missing))} in candidates, --items or --users",
                f"there are {', '.join(sorted(self.columns))}",
            )

    def names(self, rows: pl.DataFrame, name: str) -> pl.Series:
        """The categories by whose places in it `codes` codes a column."""
        items = self.telling(name)
        return names_of(rows[name]) if items is None else items.names(name)

    def codes(self, rows: pl.DataFrame, name: str) -> Lists:
        """Categories of each row by a column, coded alike in all rows of a call."""
        items = self.telling(name)
        return codes_of(rows[name]) if items is None else items.codes_of_rows(rows, name)

    def telling(self, name: str) -> Catalogue | None:
        """The items, where they tell a column that the rows do not bring along themselves."""
        if self.items is None or name in self.own or not self.items.has(name):
            return None
        return self.items


@dataclass(frozen=True)
class Reordered:
    """The rows that a rule keeps, by number and in their new order, user after user."""

    rows: Longs
    scores: Floats | None = None  # of the kept rows, where the rule changes them
    notes: dict[str, int] = field(default_factory=dict)
    columns: Mapping[str, pl.Series] = field(default_factory=dict)  # of the kept rows, new ones

    def first(self, lists: Longs, depth: int) -> "Reordered":
        """The first rows of each list, of whose rows `lists` are the numbers."""
        own = lists[self.rows]
        starts = np.searchsorted(own, own)
        ahead = np.arange(len(own)) - starts < depth
        if ahead.all():
            return self
        scores = None if self.scores is None else self.scores[ahead]
        columns = {name: values.filter(ahead) for name, values in self.columns.items()}
        return Reordered(self.rows[ahead], scores, self.notes, columns)


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
    names = names_of(flat)
    codes = flat.cast(pl.Enum(names)).to_physical().to_numpy()
    pairs = np.sort(rows * len(names) + codes)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # a list may name a category twice
    counts = np.bincount(pairs // max(len(names), 1), minlength=len(values))
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return starts, (pairs % max(len(names), 1)).astype(np.int32)


def names_of(values: pl.Series) -> pl.Series:
    """The categories of a column, each once and in the order of their codes."""
    if values.dtype.is_nested():
        values = values.cast(pl.List(pl.String)).list.explode(keep_nulls=False, empty_as_null=False)
    return values.cast(pl.String).drop_nulls().unique().sort()


def flagged(rows: npt.NDArray[np.bool_]) -> Lists:
    """One code for the rows that count, none for the others."""
    starts = np.concatenate([[0], np.cumsum(rows)]).astype(np.int64)
    return starts, np.zeros(starts[-1], np.int32)


def in_tail(ids: pl.Series, context: Context, head: float) -> npt.NDArray[np.bool_]:
    """Whether each item is outside the most popular, which make a share of all interactions.

    Items of equal popularity are in the head together, if the first of them is.
    """
    if context.popularity is None:
        return np.zeros(len(ids), np.bool_)
    items, counts = context.popularity
    falling = -np.sort(-counts)
    before = np.cumsum(falling) - falling
    within = falling[before < head * counts.sum()]
    least = within[-1] if len(within) else np.iinfo(np.int64).max
    found: npt.NDArray[np.bool_] = np.append(counts, 0)[numbers(ids, items)] < least
    return found


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


def unit_vectors(vectors: Floats) -> Floats:
    """Vectors [items, factors] at length 1, and below them 0 for items without one."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.where(lengths > 0, vectors / np.where(lengths > 0, lengths, 1), 0)
    unit = np.vstack([unit, np.zeros((1, vectors.shape[1]))])
    return np.ascontiguousarray(unit, dtype=np.float32)


def vectors_of(ids: pl.Series, context: Context) -> tuple[Longs, Floats]:
    """Row of each item [rows] among unit vectors [items + 1, factors], the last of them 0."""
    if context.vectors is None:
        return np.zeros(len(ids), np.int64), np.zeros((1, 0), np.float32)
    items, unit = context.vectors
    return numbers(ids, items).astype(np.int64) % len(unit), unit


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
