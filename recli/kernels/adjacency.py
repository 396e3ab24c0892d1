"""Lines of a user and its items as rows of pairs."""

from collections.abc import Iterator
from typing import IO

import numpy as np
import polars as pl

from recli.kernels.chunks import Chunk, Fault, lines_ahead, readable

BOM = b"\xef\xbb\xbf"


def chunks(stream: IO[bytes]) -> Iterator[Chunk]:
    """Chunks of pairs in the order of the text, lines counted from 1."""
    line = 1
    for number, (piece, _) in enumerate(lines_ahead(stream, 4 << 20)):
        yield chunk(piece.removeprefix(BOM) if number == 0 else piece, line)
        line += piece.count(b"\n")


def chunk(piece: bytes, line: int) -> Chunk:
    """Rows of `user_id`, `item_id`; a line without items, or not UTF-8, becomes a fault."""
    lines = piece.split(b"\n")
    texts = [_decoded(raw) for raw in lines]
    lists = pl.DataFrame(
        {"at": np.arange(len(lines)), "text": texts}, schema={"at": pl.Int64, "text": pl.String}
    ).select("at", pl.col("text").str.extract_all(r"[^ \t\r]+").alias("words"))
    short = lists.filter(pl.col("words").list.len() == 1)["at"].to_list()
    garbled = [at for at, text in enumerate(texts) if text is None]
    reasons = dict.fromkeys(short, "short row: a user and no item") | dict.fromkeys(
        garbled, "invalid UTF-8 (accept it with --encoding latin-1)"
    )
    pairs = (
        lists.filter(pl.col("words").list.len() > 1)
        .select(
            "at",
            pl.col("words").list.first().alias("user_id"),
            pl.col("words").list.slice(1).alias("item_id"),
        )
        .explode("item_id", empty_as_null=True, keep_nulls=True)
    )
    places = pairs["at"]
    return Chunk(
        pairs.drop("at"),
        lambda row: (line + int(places[row]), readable(lines[int(places[row])])),
        [Fault(line + at, "", reasons[at], readable(lines[at])) for at in sorted(reasons)],
    )


def _decoded(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
