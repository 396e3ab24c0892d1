"""A stream as something that can be read from any place, and more than once."""

import contextlib
import hashlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from recli.errors import ExitCode, RecliError
from recli.store.failures import reading, writing
from recli.store.provenance import hash_file, stamp

IN_MEMORY = 64 << 20  # bytes of a pipe that are kept in memory before it goes to a file
CHUNK = 1 << 20


@dataclass
class Source:
    """Bytes at rest: a file, or a pipe that was read to its end."""

    where: str  # how messages name it
    path: Path | None  # where a library may open it; None while it is in memory
    sha256: str
    held: bytes | None = None
    time: str | None = None
    keep: IO[bytes] | None = None  # an unlinked temporary file lives as long as this is open

    def open(self) -> Any:
        """A pyarrow file at the start of the bytes."""
        if self.held is not None:
            return pa.BufferReader(self.held)
        # Not mapped: pages would count as our memory, and a file cut short would kill us.
        return pa.OSFile(str(self.path))

    @property
    def size(self) -> int:
        """Number of bytes."""
        if self.held is not None:
            return len(self.held)
        return self.path.stat().st_size if self.path else 0

    def head(self, count: int) -> bytes:
        """The first bytes."""
        if self.held is not None:
            return self.held[:count]
        with Path(self.path or "").open("rb") as stream:
            return stream.read(count)

    @property
    def readable(self) -> Any:
        """What polars takes: a path or the bytes."""
        return self.held if self.held is not None else self.path


def source(name: str) -> Source:
    """Open a path, `-` (standard input), or a pipe such as `<(…)` and `/dev/stdin`.

    Raises RecliError when it is missing, a directory, unreadable or a terminal.
    """
    if name == "-":
        if sys.stdin.isatty():
            raise RecliError(
                "standard input is a terminal",
                "name a file, or pipe a table in",
                code=ExitCode.USAGE,
            )
        return _standard_input()
    path = Path(name)
    with reading(name):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise RecliError(f"{name} is a directory", "name a file", code=ExitCode.NO_INPUT)
        if stat.S_ISREG(mode):
            return Source(name, path, hash_file(path), time=stamp(path.stat().st_mtime))
        with path.open("rb") as stream:
            return _spooled(stream, name)


def _standard_input() -> Source:
    # `< file` is a file that can be read in place.
    with contextlib.suppress(OSError), reading("standard input"):
        status = os.fstat(sys.stdin.fileno())
        if stat.S_ISREG(status.st_mode) and os.lseek(sys.stdin.fileno(), 0, os.SEEK_CUR) == 0:
            path = Path(f"/proc/self/fd/{sys.stdin.fileno()}")
            if path.exists():
                return Source("standard input", path, hash_file(path), time=stamp(status.st_mtime))
    with reading("standard input"):
        return _spooled(sys.stdin.buffer, "standard input")


def _spooled(stream: IO[bytes], where: str) -> Source:
    digest = hashlib.sha256()
    head = bytearray()
    while len(head) <= IN_MEMORY:
        chunk = stream.read(CHUNK)
        digest.update(chunk)
        head += chunk
        if not chunk:
            return Source(where, None, digest.hexdigest(), held=bytes(head))
    with writing(tempfile.gettempdir()):
        kept, path = unnamed()
        kept.write(head)
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            kept.write(chunk)
        kept.flush()
    return Source(where, path, digest.hexdigest(), keep=kept)


def unnamed() -> tuple[IO[bytes], Path]:
    """A temporary file that is gone with this process, and a path to open it by."""
    kept = tempfile.TemporaryFile()  # noqa: SIM115
    path = Path(f"/proc/self/fd/{kept.fileno()}")
    return kept, path if path.exists() else Path(f"/dev/fd/{kept.fileno()}")
