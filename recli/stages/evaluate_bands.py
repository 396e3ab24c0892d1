"""Parts of as many users each that a column is cut into, from one pass over its table."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.kernels.bands import UNKNOWN, Bands
from recli.kernels.even_parts import Sample
from recli.kernels.hashing import uniform
from recli.stages.evaluate_by import By
from recli.store.merged import merged

Floats = npt.NDArray[np.float64]
_KEYS = {"items": ["item_id"], "truth": ["user_id", "item_id"]}  # whose a value is; else a user's


def parted(by: By, parts: int) -> Bands:
    """Bands of a column of numbers or times that hold as many users, items or rows each."""
    sample, keys = Sample(), _KEYS.get(by.place, ["user_id"])
    for owners, values in _lengths(by) if by.place == "history" else _values(by, keys):
        hashes = uniform([owners[key] for key in keys], 0)
        sample.add(hashes, values, once=by.place != "truth")
    edges = sample.edges(parts)
    if by.place == "history":
        edges = (0.0, *edges)  # who has none is told apart: nobody in the history is
    return Bands(edges, _names(edges, by))


def numbers(values: pl.Series) -> Floats:
    """Values as floats, times as their physical numbers, NaN for none."""
    found: Floats = values.to_physical().cast(pl.Float64).fill_null(np.nan).to_numpy()
    return found


def _values(by: By, keys: list[str]) -> Iterator[tuple[pl.DataFrame, Floats]]:
    for batch in by.table.batches(list(dict.fromkeys([*keys, by.column]))):
        rows = batch if by.place == "truth" else batch.unique(keys, keep="first")
        yield rows, numbers(rows[by.column])


def _lengths(by: By) -> Iterator[tuple[pl.DataFrame, Floats]]:
    """How many interactions each user of the history has."""
    for block in merged({"history": (by.table, ["user_id"])}):
        runs = block["history"]["user_id"].rle().struct.unnest()
        yield runs.select(user_id="value"), numbers(runs["len"])


def _names(edges: tuple[float, ...], by: By) -> tuple[str, ...]:
    """What the bands between some edges are called."""
    if not edges:
        return "any", UNKNOWN
    kind = pl.Int64() if by.place == "history" else by.table.schema[by.column]
    told = [f"{edge:.6g}" for edge in edges]
    if kind.is_temporal():
        width = pl.Int32 if kind == pl.Date else pl.Int64
        shown = pl.Series(edges).cast(width).cast(kind).cast(pl.String)
        told = shown.str.replace(r"\.0+(\D|$)", "$1").str.strip_suffix("+00:00").to_list()
    if by.place == "history":
        told[0], first = "0", "none"
    else:
        first = f"up to {told[0]}"
    between = [f"{low} to {high}" for low, high in pairwise(told)]
    return (first, *between, f"above {told[-1]}", UNKNOWN)
