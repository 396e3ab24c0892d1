"""The validation users whose lists are blended, drawn by their ids while tables stream by."""

from collections.abc import Iterable

import numpy as np
import polars as pl

from recli.engines.result import Block
from recli.kernels.hashing import uniform
from recli.kernels.lists import Values
from recli.stages.evaluate_blocks import gains_of
from recli.stages.evaluate_inputs import Choices
from recli.store.merged import Asked as Tables
from recli.store.open import Table

TRUTH = "(truth)"  # among the frames of a block; no source can be called so
LOT = 0x626C656E  # draws the users who are looked at


def beside(tables: Tables, truth: Table, choices: Choices) -> Tables:
    """Tables with truth read in step; RecliError where ratings are asked for and absent."""
    rated = choices.graded or choices.min_relevance is not None
    columns = ["user_id", "item_id", *(["rating"] if rated else [])]
    truth.need(*columns)
    return {**tables, TRUTH: (truth, columns)}


def sampled(blocks: Iterable[Block], names: tuple[str, ...], choices: Choices, limit: int) -> Block:
    """The rows of at most `limit` users who chose something relevant, drawn by their ids alone.

    Who is drawn hangs on no other user but through the limit, and on no order of blocks.
    Memory: the rows of 2 x `limit` users and a block.
    """
    roles = (*names, TRUTH)
    held: dict[str, list[pl.DataFrame]] = {role: [] for role in roles}
    edge, count = 1.0, 0
    for block in blocks:
        worth = gains_of(block[TRUTH], choices)
        relevant = block[TRUTH].with_columns(worth=worth).filter(pl.col("worth") > 0)
        users = _below(relevant["user_id"].unique(), edge)
        count += len(users)
        for role in roles:
            rows = relevant if role == TRUTH else block[role]
            held[role].append(rows.filter(pl.col("user_id").is_in(users.implode())))
        if count > 2 * limit:
            held, edge, count = _fewer(held, limit)
    held, _, _ = _fewer(held, limit)
    return {role: frames[0] for role, frames in held.items()}


def _fewer(
    held: dict[str, list[pl.DataFrame]], limit: int
) -> tuple[dict[str, list[pl.DataFrame]], float, int]:
    """The rows of at most `limit` users, with the lot that no other user is below."""
    whole = {role: pl.concat(frames) for role, frames in held.items()}
    users = whole[TRUTH]["user_id"].unique()
    lots = np.sort(_lots(users))
    edge = 1.0 if len(lots) <= limit else float(lots[limit])
    kept = _below(users, edge)
    inside = pl.col("user_id").is_in(kept.implode())
    return {role: [rows.filter(inside)] for role, rows in whole.items()}, edge, len(kept)


def _lots(users: pl.Series) -> Values:
    return uniform([users], LOT)


def _below(users: pl.Series, edge: float) -> pl.Series:
    return users.filter(pl.Series(_lots(users) < edge, dtype=pl.Boolean))
