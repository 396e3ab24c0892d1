"""Search a forest of random cuts (annoy), in processes of its own.

annoy crashes, hangs or answers wrongly on a file that is not what it expects, so it builds and
searches only in child processes; where one is lost, retrieval searches exactly instead. Each
thread asked for is a child. A forest repeats only when built by one thread.
Bernhardsson, https://github.com/spotify/annoy; Bachrach et al., "Speeding up the Xbox recommender
system using a Euclidean transformation for inner-product spaces", RecSys 2014.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from recli.errors import ExitCode, RecliError
from recli.fields import AT_LEAST_1, Declared

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    import numpy as np
    import numpy.typing as npt

    from recli.kernels.isolated import Child
    from recli.kernels.shapes import Vectors

_FILE = "items.annoy"
_ERRNO = re.compile(r": .* \(([1-9]\d*)\)$")  # annoy's OSError has it in its text alone
_HEADER = struct.Struct("<qq")
_PATIENCE = 60.0  # seconds until a child that does not answer is taken for hung
_NODES = 1 << 21  # nodes inspected for one message: a fraction of a second, at worst a few
_LOOKED_AT = 64  # items whose vectors are compared with the model's on opening


@dataclass(frozen=True)
class Annoy(Declared):
    """Trees of random hyperplanes; a query walks all of them at once, best branches first."""

    trees: Annotated[
        int, "Trees to build; more find more, and take more time and disk.", AT_LEAST_1
    ] = 32

    EFFORT: ClassVar[str] = "nodes inspected per neighbour"
    LIBRARY: ClassVar[str | None] = "annoy"

    def build(self, vectors: Vectors, folder: Path, seed: int, threads: int) -> None:
        """Build the forest of the vectors [items, factors] in a child, and save annoy's file."""
        from recli.kernels import isolated

        count, factors = vectors.shape
        step = max(1, isolated.CHUNK // (4 * factors))
        child = isolated.Child(_grow, str(folder / _FILE), factors, count, self.trees, seed)
        try:
            for begin in range(0, count, step):
                child.tell(vectors[begin : begin + step].tobytes())
            child.hear(None)
        except isolated.RefusedError as error:
            raise _refused(error, folder) from None
        except isolated.ChildLostError:
            raise RecliError(
                "annoy died while it built the index",
                "it may have run out of memory: use fewer --trees, or build-index ivf",
                code=ExitCode.WORKER,
            ) from None
        finally:
            child.end()

    def most_effort(self, items: int) -> int:
        """Every node of every tree, whatever the number of neighbours."""
        return items * self.trees

    def open(self, folder: Path, vectors: Vectors, threads: int) -> _Search:
        """The search of a verified file; RecliError where it is not of these vectors."""
        return _Search(folder / _FILE, vectors, threads)


class _Search:
    """Nearest items by children that each map the same file; None once one is lost."""

    def __init__(self, path: Path, vectors: Vectors, threads: int) -> None:
        from recli.kernels import isolated

        self.items, self.factors = vectors.shape
        looked_at = list(range(0, self.items, max(1, self.items // _LOOKED_AT)))
        arguments = (str(path), self.factors, self.items, looked_at)
        self.children: list[Child] = [isolated.Child(_search, *arguments) for _ in range(threads)]
        expected = vectors[looked_at].tobytes()
        try:
            heard = [child.hear(_PATIENCE) for child in self.children]
        except isolated.RefusedError as error:
            raise _refused(error, path) from None
        except isolated.ChildLostError:
            self._give_up()
            return
        if any(vectors != expected for vectors in heard):
            raise RecliError(
                f"{path} does not belong to the model beside it", "build the index again"
            )

    def __call__(self, queries: Vectors, k: int, effort: int) -> npt.NDArray[np.int32] | None:
        """Item numbers [queries, k] for float32 [queries, factors], -1 where there are none."""
        import numpy as np

        from recli.kernels import isolated

        found = np.full((len(queries), k), -1, np.int32)
        nodes = min(effort * k, 2**31 - 1)
        children = max(1, len(self.children))
        share = -(-len(queries) // children)
        step = max(1, min(isolated.CHUNK // (4 * self.factors), _NODES // nodes, share))
        starts = list(range(0, len(queries), step))
        try:
            for at in range(0, len(starts), children):
                asked = list(zip(self.children, starts[at:], strict=False))
                for child, begin in asked:
                    child.tell(_HEADER.pack(k, nodes) + queries[begin : begin + step].tobytes())
                for child, begin in asked:
                    answer = np.frombuffer(child.hear(_PATIENCE), np.int32).reshape(-1, k)
                    found[begin : begin + step] = answer
        except (isolated.ChildLostError, isolated.RefusedError, ValueError):
            self._give_up()
        return np.where(found < self.items, found, -1) if self.children else None

    def _give_up(self) -> None:
        for child in self.children:
            child.end()
        self.children = []


def _refused(error: Any, path: Path) -> Exception:
    number = _ERRNO.search(str(error))
    if number:
        return OSError(int(number[1]), str(error), str(path))
    return RecliError(f"{path}: annoy says: {error}", "build the index again")


def _grow(
    connection: Connection, path: str, factors: int, count: int, trees: int, seed: int
) -> None:
    """In a child: build a forest of `count` vectors, told in parts, and save it."""
    import annoy
    import numpy as np

    from recli.kernels import isolated

    forest = annoy.AnnoyIndex(factors, "dot")
    forest.set_seed(seed)
    item = 0
    while item < count:
        part = np.frombuffer(connection.recv_bytes(), np.float32).reshape(-1, factors)
        for vector in part.tolist():
            forest.add_item(item, vector)
            item += 1
    forest.build(trees, n_jobs=1)
    forest.save(path)
    isolated.answer(connection)


def _search(
    connection: Connection, path: str, factors: int, count: int, looked_at: list[int]
) -> None:
    """In a child: open a forest, tell the vectors of some items, then answer queries."""
    import signal

    import annoy
    import numpy as np

    from recli.kernels import isolated

    patience = int(2 * _PATIENCE)  # ends a child that hangs where its parent is gone
    signal.alarm(patience)
    forest = annoy.AnnoyIndex(factors, "dot")
    forest.load(path)
    if forest.get_n_items() != count:
        raise ValueError(f"it holds {forest.get_n_items()} items, the model {count}")
    vectors = [forest.get_item_vector(item) for item in looked_at]
    isolated.answer(connection, np.array(vectors, np.float32).tobytes())
    while True:
        signal.alarm(0)
        message = connection.recv_bytes()
        signal.alarm(patience)
        k, nodes = _HEADER.unpack_from(message)
        queries = np.frombuffer(message, np.float32, offset=_HEADER.size).reshape(-1, factors)
        found = np.full((len(queries), k), -1, np.int32)
        for row, query in enumerate(queries.tolist()):
            nearest = forest.get_nns_by_vector(query, k, nodes)
            found[row, : len(nearest)] = nearest
        isolated.answer(connection, found.tobytes())
