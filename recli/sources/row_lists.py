"""A user and all of its items on one line, parted by spaces, as Gowalla is published.

Items keep the order of their line: such a file has no times, and the order may stand for them.
Never guessed, only asked for: a line of numbers could be anything.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from recli.kernels.chunks import Chunk


@dataclass(frozen=True)
class RowLists:
    """Lines of `user item item …`; a line that has a user alone is a bad row."""

    certainty: ClassVar[int] = -1
    typed: ClassVar[bool] = False
    sparse: ClassVar[bool] = False
    ordered: ClassVar[bool] = True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Never, whatever `head` is: this format has to be asked for."""
        return not isinstance(head, bytes)

    def chunks(self, data: Path | bytes, text: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """The pairs as rows of `user_id` and `item_id`."""
        from recli.kernels.adjacency import chunks

        with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as stream:
            yield from chunks(stream)

    def sample(self, data: Path | bytes) -> pl.DataFrame:
        """Rows from places all over the file."""
        import polars as pl

        from recli.kernels.adjacency import chunk
        from recli.kernels.chunks import snippets

        size = len(data) if isinstance(data, bytes) else data.stat().st_size
        with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as stream:
            return pl.concat([chunk(text, 1).rows for text in snippets(stream, size)])

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The pairs, as far as the lines are whole."""
        import polars as pl

        return pl.concat([chunk.rows for chunk in self.chunks(data)]).lazy()
