"""Compressed or foreign-coded bytes as plain ones, told by content and never by name."""

import codecs
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import IO

import pyarrow as pa

from recli.errors import RecliError
from recli.store.failures import reading, writing
from recli.store.spool import CHUNK, IN_MEMORY, Source, unnamed

MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}


def plain(part: Source) -> Source:
    """The same source, decompressed to a temporary file where it is gzip or zstd.

    Keeps the name and the hash of what was given. Raises RecliError for a compressed file that
    is cut or damaged, for other compressions, and when the disk is full.
    """
    head = part.head(8)
    other = next((name for magic, name in OTHERS.items() if head.startswith(magic)), None)
    if other:
        raise RecliError(f"{part.where} is {other}", "unpack it, or compress it by gzip or zstd")
    kind = next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)
    return part if kind is None else _kept(part, _unpacked(part, kind))


def transcoded(part: Source, encoding: str) -> Source:
    """The same text as UTF-8 in a temporary file. Raises RecliError where it is no such text."""
    return _kept(part, _recoded(part, encoding))


def _unpacked(part: Source, kind: str) -> Iterator[bytes]:
    with reading(part.where), pa.CompressedInputStream(part.open(), kind) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _recoded(part: Source, encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    with reading(part.where):
        stream = part.open()
        try:
            while chunk := stream.read(CHUNK):
                yield decoder.decode(chunk).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            raise RecliError(
                f"{part.where} is not {encoding}: {error}", "try another --encoding"
            ) from error


def _kept(part: Source, chunks: Iterator[bytes]) -> Source:
    """A source of new bytes under an old name: in memory while small, else in a file."""
    held = bytearray()
    kept: IO[bytes] | None = None
    path = None
    for chunk in chunks:
        if kept is None and len(held) + len(chunk) <= IN_MEMORY:
            held += chunk
            continue
        with writing(tempfile.gettempdir()):
            if kept is None:
                kept, path = unnamed()
                kept.write(held)
            kept.write(chunk)
    if kept is None:
        return replace(part, path=None, held=bytes(held), keep=None)
    with writing(tempfile.gettempdir()):
        kept.flush()
    return replace(part, path=path, held=None, keep=kept)
