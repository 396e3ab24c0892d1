"""faiss' own files, written and read so that what goes wrong is known, and its threads held."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faiss

from recli.errors import RecliError


def write(index: Any, path: Path) -> None:
    """Write an index. faiss' own writer reports success on a full disk; Python's does not."""
    with path.open("wb") as stream:
        stream.write(faiss.serialize_index(index).data)


def read(path: Path) -> Any:
    """The index in a file; RecliError where faiss cannot read it."""
    try:
        return faiss.read_index(str(path))
    except RuntimeError as error:
        line = str(error).strip().rpartition("\n")[2]
        raise RecliError(f"{path} cannot be read: {line}", "build the index again") from None


def foreign(path: Path) -> RecliError:
    """What to raise for a whole, readable file of other vectors: it would answer, and wrongly."""
    return RecliError(f"{path} does not belong to the model beside it", "build the index again")


@contextmanager
def held(threads: int) -> Iterator[None]:
    """Hold faiss to a number of threads, then give back what was set before."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
