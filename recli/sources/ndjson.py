"""JSON, one object a line."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from recli.errors import RecliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    import polars as pl

    from recli.kernels.chunks import Chunk


@dataclass(frozen=True)
class Ndjson:
    """Objects, told by a first byte `{`; a key that a line lacks is empty in its row."""

    certainty: ClassVar[int] = 1
    typed: ClassVar[bool] = True
    sparse: ClassVar[bool] = True
    ordered: ClassVar[bool] = False

    @staticmethod
    def matches(head: bytes) -> bool:
        """Whether a file that begins with `head` is of this format."""
        return head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n").startswith(b"{")

    def chunks(self, data: Path | bytes, text: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """The objects as frames, keys in `text` as text, with the lines that are no object."""
        from recli.kernels.json_lines import chunks

        with _opened(data) as stream:
            yield from chunks(stream, text)

    def sample(self, data: Path | bytes) -> pl.DataFrame:
        """Rows from places all over the file, with every key that any of its lines has."""
        from recli.kernels.json_lines import sample

        size = len(data) if isinstance(data, bytes) else data.stat().st_size
        with _opened(data) as stream:
            return sample(stream, size)

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The rows; ids are text. Raises RecliError for a line that is no row."""
        from recli.kernels.chunks import joined
        from recli.kernels.roles import role_of

        names = self.sample(data).columns
        ids = tuple(name for name in names if role_of(name) in ("user_id", "item_id"))
        frames = []
        for chunk in self.chunks(data, ids):
            for fault in chunk.faults:
                raise RecliError(
                    f"line {fault.line:,}: {fault.column and fault.column + ': '}{fault.reason}",
                    "mend it, or put bad rows aside with recli ingest FILE --rejects BAD",
                )
            frames.append(chunk.rows)
        return joined(frames).lazy()


def _opened(data: Path | bytes) -> IO[bytes]:
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
