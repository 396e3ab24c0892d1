"""Rows of lists that a rule is for, keeps, or moves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.errors import RecliError
from recli.kernels import where
from recli.kernels.rules import Longs, Reordered, starts_of
from recli.kernels.standing import list_numbers
from recli.stages.rerank_rule import Ruled

ROW = "(row)"  # where a row stood in the block


def concerned(seen: pl.DataFrame, ruled: Ruled) -> pl.Series:
    """Whether each row is of a list that a rule is for."""
    if ruled.only_if is None:
        return pl.repeat(value=True, n=seen.height, dtype=pl.Boolean, eager=True)
    holds = where.holds(seen, where.parse(ruled.only_if, "--if"), "--if")
    lists = list_numbers(seen)
    first = np.searchsorted(lists, lists)
    strange = np.flatnonzero(holds.to_numpy() != holds.to_numpy()[first])
    if len(strange):
        raise RecliError(
            f"--if {ruled.only_if}: it holds for some rows of user "
            f"{seen['user_id'][int(strange[0])]!r} and not for others",
            "ask about the user or the bucket; --where of `rerank filter` asks about rows",
        )
    return holds


def taken(seen: pl.DataFrame, done: Reordered) -> pl.DataFrame:
    """The rows that a rule keeps, with the scores and columns that it gives them."""
    same = len(done.rows) == seen.height and bool((np.diff(done.rows) == 1).all())
    taken = seen if same else seen[done.rows]
    if done.scores is not None:
        taken = taken.with_columns(pl.Series("score", done.scores, pl.Float32))
    return taken.with_columns(values.alias(name) for name, values in done.columns.items())


def before(seen: pl.DataFrame, name: str, kind: pl.DataType) -> pl.Series:
    """A column as it was before a rule wrote it; empty where it was not there."""
    if name in seen.columns:
        return seen[name].cast(kind)
    return pl.repeat(None, seen.height, dtype=kind, eager=True)


def numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with ranks from 1 in each list."""
    starts = starts_of(rows["user_id"])
    ranks = np.arange(rows.height) - np.repeat(starts[:-1], np.diff(starts)) + 1
    return rows.with_columns(pl.Series("rank", ranks, pl.Int32))


def moves(
    users: pl.Series, at: Longs, ranks: npt.NDArray[np.int32], k: int | None
) -> dict[str, int]:
    """Lists touched, items moved, lists shorter than they were, or were asked to be.

    `at` [kept rows] is where each kept row stood among those of `users`.
    """
    starts = starts_of(users)
    before = np.diff(starts)
    lists = np.repeat(np.arange(len(before)), before)
    moved = ranks != at - starts[lists[at]] + 1
    after = np.bincount(lists[at], minlength=len(before))
    short = after < (before if k is None else np.minimum(before, k))
    touched = short.copy()
    touched[lists[at[moved]]] = True
    return {
        "lists": len(before),
        "lists touched": int(touched.sum()),
        "items moved": int(moved.sum()),
        "lists made shorter" if k is None else "lists with fewer than k": int(short.sum()),
    }
