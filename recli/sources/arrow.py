"""Apache Arrow, as a stream or a file."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import polars as pl
import pyarrow as pa


@dataclass(frozen=True)
class Arrow:
    """Arrow IPC, told by a continuation marker (stream) or `ARROW1` (file)."""

    certainty: ClassVar[int] = 2
    typed: ClassVar[bool] = True

    @staticmethod
    def matches(head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format."""
        return head.startswith((b"\xff\xff\xff\xff", b"ARROW1"))

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The rows, with the types that the stream declares."""
        stream = io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
        if stream.peek(6)[:6] == b"ARROW1" if hasattr(stream, "peek") else False:
            return pl.scan_ipc(data)
        return pl.scan_arrow_c_stream(pa.ipc.open_stream(stream))
