"""Items as rows of features made from the columns of a catalogue, block by block.

Each column is a block of features whose rows have length 1, or 0 where an item has nothing there,
times the weight of the column. `content_blocks` makes the blocks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy import sparse

from recli.errors import RecliError
from recli.kernels import columns as catalogues
from recli.kernels import content_blocks
from recli.kernels.content_blocks import Block, Numbers, Vocabulary
from recli.kernels.content_kinds import kinds
from recli.kernels.matrix import Matrix
from recli.kernels.shapes import ItemFeatures

Similarity = Literal["cosine", "dot", "euclidean"]


@dataclass(frozen=True)
class Catalogue:
    """Which columns of a catalogue are read and what each weighs."""

    weights: Mapping[str, float]  # by column; all that can be read, 1 each, where there is none
    vocabulary: Vocabulary
    report: Callable[[str], None]

    def rows(self, table: pl.DataFrame) -> Matrix:
        """Features float32 [items, features], sorted indices; items without content are empty.

        Raises RecliError where a column is not there or cannot be read.
        """
        found = kinds(catalogues.need(table, *self.weights), tuple(self.weights), self.report)
        if not found:
            raise RecliError(
                "the items have no column that describes them",
                "give --items with text, labels, numbers, dates or vectors",
            )
        blocks: list[Block] = []
        for name, kind in found.items():
            block = content_blocks.make(table[name], kind, self.vocabulary)
            held = int(np.count_nonzero(np.diff(block.indptr)))
            self.report(f"{name}: {kind}, {block.shape[1]:,} features of {held:,} items")
            blocks.append(block * self.weights.get(name, 1.0))
        rows = sparse.csr_array(sparse.hstack(blocks, format="csr").astype(np.float32))
        rows.eliminate_zeros()
        rows.sort_indices()
        if not rows.nnz and table.height > 1:
            raise RecliError(
                f"nothing tells the items apart in {', '.join(found)}",
                "name other --columns, or fill these",
            )
        return rows


def learned(rows: Matrix, similarity: Similarity) -> ItemFeatures:
    """The shape whose scores are the similarity of each item and the mean of the history.

    Of the cosine and the dot product it is the number itself. The Euclidean distance orders
    like |p - x|^2 = |p|^2 - (2 p.x - |x|^2): the part in brackets is a sum over features and
    one more that all have; 4 times the largest |x|^2 is added, which keeps it above 0.
    """
    lengths = content_blocks.lengths(rows)
    if similarity == "dot":
        return ItemFeatures(rows, rows, "mean")
    if similarity == "cosine":
        return ItemFeatures(rows, content_blocks.scaled(rows, lengths), "unit")
    has = (lengths > 0).astype(np.float64)
    constant = has * (4.0 * (lengths**2).max(initial=0.0) - lengths**2)
    return ItemFeatures(_with_last(rows, has), _with_last(rows * 2.0, constant), "mean")


def _with_last(rows: Matrix, column: Numbers) -> Matrix:
    """The rows and one more feature, float32."""
    last = sparse.csr_array(column.astype(np.float32)[:, None])
    wide = sparse.csr_array(sparse.hstack([rows, last], format="csr").astype(np.float32))
    wide.sort_indices()
    return wide
