"""What a rule costs and buys: the first places of the lists of a block, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from recli.engines.result import Block
from recli.kernels import mixes, price
from recli.kernels.price import Mean, Worth
from recli.kernels.rules import Context, Longs, scaled, starts_of
from recli.kernels.standing import list_numbers

SHOWN = ("score", "items", "coverage", "gini", "diversity", "kl", "ndcg")


@dataclass(frozen=True)
class Pricing:
    """How lists are priced: by so many first places, and by a column that tells diversity."""

    k: int
    by: str | None = None
    labels: bool = False
    mixes: bool = False  # whether the history tells which mix of that column users like

    def of(
        self, seen: pl.DataFrame, at: Longs, block: Block, context: Context
    ) -> tuple[Worth, Worth]:
        """What the lists of a block are worth, and what those of the rows `at`, in that order."""
        lists = list_numbers(seen)
        lot = _Lot(
            seen,
            lists,
            scaled(seen["score"].to_numpy(), starts_of(seen["user_id"])),
            block["labels"].unique(["user_id", "item_id"]) if self.labels else None,
            context,
        )
        return self._worth(lot, np.arange(seen.height)), self._worth(lot, at)

    def _worth(self, lot: _Lot, at: Longs) -> Worth:
        """What the first places of rows [kept rows] are worth."""
        of_all = lot.lists[at]
        before = np.concatenate([[0], np.cumsum(np.bincount(of_all, minlength=lot.count))])
        places = np.arange(len(at)) - before[of_all]
        at, lists, places = (one[places < self.k] for one in (at, of_all, places))
        rows = lot.seen[at]
        items = None if self.by is None else lot.context.telling(self.by)
        rows = rows if items is None else items.numbered(rows)
        counts = np.bincount(lists, minlength=lot.count)
        sums = np.bincount(lists, weights=lot.scores[at], minlength=lot.count)
        nothing = np.full(lot.count, np.nan)
        varied = found = far = nothing
        if self.by is not None:
            varied = price.diversity(lists, lot.count, lot.context.codes(rows, self.by))
            if self.mixes:
                coded = mixes.known(rows, self.by, lot.context)
                far = mixes.divergence(coded, starts_of(rows["user_id"]))
        if lot.labels is not None:
            found = price.ndcg(lists, places, lot.hits(rows), lot.relevant, self.k)
        return Worth(
            Mean.of(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)),
            Mean.of(varied),
            Mean.of(found),
            Mean.of(far),
            (rows.group_by("item_id").agg(shown=pl.len().cast(pl.Int64)),),
        )


@dataclass(frozen=True)
class _Lot:
    """The lists of a block as they came, and what their users chose."""

    seen: pl.DataFrame
    lists: Longs  # [rows] number of each row's list
    scores: npt.NDArray[np.float64]  # [rows] scaled in each list
    labels: pl.DataFrame | None
    context: Context

    @cached_property
    def count(self) -> int:
        """How many lists there are."""
        return int(self.lists.max(initial=-1)) + 1

    @cached_property
    def relevant(self) -> Longs:
        """Items that the user of each list chose [lists]."""
        if self.labels is None:
            return np.zeros(self.count, np.int64)
        users = pl.DataFrame({"user_id": self.seen["user_id"].rle().struct.field("value")})
        chosen = self.labels.group_by("user_id").len("chosen")
        counts = users.join(chosen, on="user_id", how="left", maintain_order="left")["chosen"]
        return counts.fill_null(0).to_numpy().astype(np.int64)

    def hits(self, rows: pl.DataFrame) -> npt.NDArray[np.bool_]:
        """Whether the user of each row chose its item."""
        if self.labels is None:
            return np.zeros(rows.height, np.bool_)
        marked = self.labels.select("user_id", "item_id", hit=pl.lit(value=True))
        joined = rows.select("user_id", "item_id").join(
            marked, on=["user_id", "item_id"], how="left", maintain_order="left"
        )
        return joined["hit"].is_not_null().to_numpy()
