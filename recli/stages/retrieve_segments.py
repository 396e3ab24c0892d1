"""Offer the users of each segment only the items that are there for it, as those of a country."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import polars as pl

from recli.engines.result import Block, Build, Result
from recli.errors import RecliError
from recli.stages.retrieve import ASKED, Choices, Retriever, load
from recli.stages.retrieve_profiles import Mask
from recli.store.artefact import Artefact
from recli.store.open import Table


@dataclass(frozen=True)
class SegmentItems:
    """Which items may be offered to whom."""

    column: str  # of the users asked for
    items: pl.DataFrame  # item_id and segment (String), each pair once


def segment_items(only: Table, column: str, users: Table) -> SegmentItems:
    """The items of each segment; RecliError where either table lacks the column.

    A list in the column puts an item in several segments, as several rows of the item do.
    """
    users.need(column)
    only.need(column)
    rows = only.read(["item_id", column])
    if isinstance(rows.schema[column], pl.List):
        rows = rows.explode(column)
    pairs = rows.select("item_id", segment=pl.col(column).cast(pl.String)).drop_nulls()
    if pairs.is_empty():
        raise RecliError(f"{only.where} has nothing in column '{column}'", "name another column")
    return SegmentItems(column, pairs.unique(maintain_order=True))


def build(artefact: Artefact, choices: Choices, segments: SegmentItems) -> Build:
    """How a worker makes the stage; the artefact was verified by whoever opened it."""
    return partial(_load, artefact, choices, segments)


def _load(artefact: Artefact, choices: Choices, segments: SegmentItems) -> "BySegment":
    return BySegment(load(artefact, choices), segments)


@dataclass(frozen=True)
class BySegment:
    """Retrieves for the users of one segment of a block after another."""

    retriever: Retriever
    segments: SegmentItems

    def __call__(self, block: Block) -> Result:
        """Candidates of all users of the block, in their order.

        Users whose segment has no items, or who have none, are offered nothing.
        """
        role = next(role for role in ASKED if role in block)
        people = block[role].unique("user_id", keep="first", maintain_order=True)
        order = people.select("user_id").with_row_index("")
        found = [self.retriever.offer(part, only) for part, only in self._parts(block, people)]
        if not found:
            return self.retriever.offer(block, None)
        rows = pl.concat([result.rows for result in found])
        aside = pl.concat([result.aside for result in found if result.aside is not None])
        counts: dict[str, int] = {}
        for name, count in ((name, n) for result in found for name, n in result.counts.items()):
            counts[name] = counts.get(name, 0) + count
        return Result(_ordered(rows, order), counts, _ordered(aside, order))

    def _parts(self, block: Block, people: pl.DataFrame) -> Iterator[tuple[Block, Mask]]:
        """What the block holds of each segment's users, and the items [items] for them."""
        labels = people[self.segments.column].cast(pl.String)
        for label in labels.unique().sort():
            users = people["user_id"].filter(labels.eq_missing(pl.Series([label], dtype=pl.String)))
            part = {
                role: rows.filter(pl.col("user_id").is_in(users.implode()))
                for role, rows in block.items()
            }
            yield part, self._allowed.get(label, self._nothing)

    @cached_property
    def _allowed(self) -> dict[str | None, Mask]:
        """Mask [items] of what each segment may be offered."""
        pairs = self.segments.items.partition_by("segment", as_dict=True)
        return {
            str(segment): self.retriever.items.is_in(rows["item_id"].implode()).to_numpy()
            for (segment,), rows in pairs.items()
        }

    @property
    def _nothing(self) -> Mask:
        return np.zeros(len(self.retriever.items), np.bool_)


def _ordered(rows: pl.DataFrame, order: pl.DataFrame) -> pl.DataFrame:
    """Rows in the order of the users; those of one user stay as they stand."""
    return rows.join(order, on="user_id", how="left").sort("", maintain_order=True).drop("")
