"""Delimited text: CSV, TSV or any delimiter, quoted by RFC 4180, with a header or without.

Delimiter and header are guessed from the first lines where they are not given; a guess about
the header that would be a toss of a coin is refused.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from recli.errors import RecliError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    import polars as pl

    from recli.kernels.chunks import Chunk
    from recli.kernels.dialect import Dialect

UTF16 = (b"\xff\xfe", b"\xfe\xff")
OTHERS = (b"PK\x03\x04", b"SQLite format 3", b"BZh", b"\xfd7zXZ", b"Obj\x01", b"ORC", b"\x93NUMPY")


@dataclass(frozen=True)
class Csv:
    """Text whose records are lines; every column is text until the data say otherwise."""

    certainty: ClassVar[int] = 0
    typed: ClassVar[bool] = False
    sparse: ClassVar[bool] = False
    ordered: ClassVar[bool] = False

    delimiter: Annotated[str | None, "What parts the fields of a line; guessed."] = None
    quote: Annotated[str | None, "Quote character, '' for none; a double quote."] = None
    header: Annotated[bool | None, "Whether line 1 names the columns; guessed."] = None

    @staticmethod
    def matches(head: bytes) -> bool:
        """Whether a file that begins with `head` may be text. Raises RecliError for UTF-16."""
        text = head.removeprefix(b"\xef\xbb\xbf")
        if head.startswith(UTF16) or (head[1:64:2].count(0) > 16 and not head[:64:2].count(0)):
            raise RecliError(
                "the text is UTF-16, recli reads UTF-8",
                "convert it with 'iconv -f UTF-16 -t UTF-8', or ingest it with --encoding utf-16",
            )
        if b"\r" in head and b"\n" not in head:
            raise RecliError(
                "its lines end in a carriage return alone", "convert it with \"tr '\\r' '\\n'\""
            )
        if text.lstrip().startswith(b"["):
            raise RecliError(
                "it looks like a JSON array", "write an object a line: jq -c '.[]' FILE"
            )
        return not head.startswith(OTHERS) and head.count(0) * 8 < len(head)

    def dialect(self, data: Path | bytes) -> Dialect:
        """Delimiter, quote, header and names of a text."""
        from recli.kernels.dialect import dialect

        with _opened(data) as stream:
            head = stream.read(1 << 16)
        return dialect(head, self.delimiter, self.quote, self.header)

    def chunks(self, data: Path | bytes, text: tuple[str, ...] = ()) -> Iterator[Chunk]:
        """The records as frames of text columns, with the records that are no rows."""
        from recli.kernels.delimited import chunks

        with _opened(data) as stream:
            yield from chunks(stream, self.dialect(data))

    def sample(self, data: Path | bytes) -> pl.DataFrame:
        """Rows from places all over the text."""
        import polars as pl

        from recli.kernels.chunks import snippets
        from recli.kernels.delimited import sampled

        found = self.dialect(data)
        size = len(data) if isinstance(data, bytes) else data.stat().st_size
        with _opened(data) as stream:
            return pl.concat(
                [sampled(text, found, number) for number, text in enumerate(snippets(stream, size))]
            )

    def scan(self, data: Path | bytes) -> pl.LazyFrame:
        """The rows; ids are text, other columns are what all of their rows look like."""
        import polars as pl

        from recli.kernels.roles import role_of

        found = self.dialect(data)
        if len(found.delimiter) > 1:
            raise RecliError(
                f"fields are parted by {found.delimiter.decode()!r}, which only ingest reads",
                "make a table of it: recli ingest FILE -o TABLE",
            )
        ids = [name for name in found.names if role_of(name) in ("user_id", "item_id")]
        return pl.scan_csv(
            data,
            separator=found.delimiter.decode(),
            has_header=found.header,
            quote_char=found.quote.decode() or None,
            schema_overrides=dict.fromkeys(ids, pl.String),
            infer_schema_length=None,
            glob=False,
        )


def _opened(data: Path | bytes) -> IO[bytes]:
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
