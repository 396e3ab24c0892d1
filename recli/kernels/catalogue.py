"""Columns of items laid beside rows by number, their categories coded once for all blocks."""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numba import njit

if TYPE_CHECKING:
    from recli.kernels.rules import Lists

NUMBER = "(item)"  # column of rows: where their item stands in the catalogue


class Catalogue:
    """Items with some columns; a number past the last item is that of no known one."""

    def __init__(self, items: pl.DataFrame) -> None:
        self.items = items  # item_id, each once, and the columns that rules need
        self.codes = cache(self._codes)
        self.names = cache(self._names)

    def __reduce__(self) -> tuple[type[Catalogue], tuple[pl.DataFrame]]:
        return Catalogue, (self.items,)  # a worker makes its own codes

    def has(self, name: str) -> bool:
        """Whether it has a column beside the ids."""
        return name != "item_id" and name in self.items.columns

    def numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with the number of each one's item."""
        known = self.items.select("item_id").with_row_index(NUMBER)
        joined = rows.join(known, on="item_id", how="left", maintain_order="left")
        return joined.with_columns(pl.col(NUMBER).fill_null(self.items.height))

    def widened(self, rows: pl.DataFrame, names: Set[str]) -> pl.DataFrame:
        """Numbered rows with columns of their items, null for items that are not known."""
        at = rows[NUMBER]
        at = at.set(at == self.items.height, None)
        return rows.with_columns(self.items[name].gather(at).alias(name) for name in sorted(names))

    def _codes(self, name: str) -> Lists:
        from recli.kernels.rules import codes_of

        starts, codes = codes_of(self.items[name])
        return np.append(starts, starts[-1]), codes  # none of an unknown item

    def _names(self, name: str) -> pl.Series:
        from recli.kernels.rules import names_of

        return names_of(self.items[name])

    def codes_of_rows(self, rows: pl.DataFrame, name: str) -> Lists:
        """Categories of numbered rows as sorted codes."""
        starts, codes = self.codes(name)
        at = rows[NUMBER].to_numpy().astype(np.int64)
        firsts = np.concatenate([[0], np.cumsum(np.diff(starts)[at])]).astype(np.int64)
        found = np.empty(firsts[-1], np.int32)
        _copy(starts, codes, at, firsts, found)
        return firsts, found


@njit(cache=True, nogil=True)
def _copy(starts, codes, at, firsts, found):  # type: ignore[no-untyped-def]
    for row in range(len(at)):
        for step in range(firsts[row + 1] - firsts[row]):
            found[firsts[row] + step] = codes[starts[at[row]] + step]
