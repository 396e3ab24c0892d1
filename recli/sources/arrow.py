"""Apache Arrow, as a stream or a file."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from recli.kernels.chunks import Chunk

FILE = b"ARROW1"


@dataclass(frozen=True)
class Arrow:
    """Arrow IPC, told by a continuation marker (stream) or `ARROW1` (file)."""

    certainty: ClassVar[int] = 2
    typed: ClassVar[bool] = True
    sparse: ClassVar[bool] = False
    ordered: ClassVar[bool] = False

    @staticmethod
    def matches(head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format."""
        return head.startswith((b"\xff\xff\xff\xff", FILE))

    def chunks(self, data: Path | bytes, text: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """The rows as frames, with the types that the stream declares."""
        from recli.kernels.chunks import of_scan

        return of_scan(self.scan(data))

    def sample(self, data: Path | bytes) -> pl.DataFrame:
        """Rows from places all over the table."""
        from recli.kernels.chunks import sample_of_scan

        return sample_of_scan(self.scan, data)

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The rows, with the types that the stream declares."""
        if isinstance(data, bytes):
            head, stream = data[:6], io.BytesIO(data)
        else:
            with data.open("rb") as file:
                head = file.read(6)
            stream = data.open("rb")  # type: ignore[assignment]
        if head == FILE:
            return pl.scan_ipc(stream)
        return pl.scan_arrow_c_stream(pa.ipc.open_stream(stream))
