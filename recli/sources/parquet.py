"""Apache Parquet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recli.kernels.chunks import Chunk


@dataclass(frozen=True)
class Parquet:
    """Parquet files, told by the bytes `PAR1`."""

    certainty: ClassVar[int] = 2
    typed: ClassVar[bool] = True
    sparse: ClassVar[bool] = False
    ordered: ClassVar[bool] = False

    @staticmethod
    def matches(head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format."""
        return head.startswith(b"PAR1")

    def chunks(self, data: Path | bytes, text: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """The rows as frames, with the types that the file declares."""
        from recli.kernels.chunks import of_scan

        return of_scan(self.scan(data))

    def sample(self, data: Path | bytes) -> pl.DataFrame:
        """Rows from places all over the table."""
        from recli.kernels.chunks import sample_of_scan

        return sample_of_scan(self.scan, data)

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The rows, with the types that the file declares."""
        return pl.scan_parquet(data, glob=False)
